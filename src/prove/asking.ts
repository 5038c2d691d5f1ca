/** The pieces that attacks from outside share: asking the API server first, then doing what it allows, and for whom. */
import { LEFT } from '../cluster/exec.ts';
import { Failure } from '../failure.ts';
import type { Attack, Hands, Observed, Plan } from './attack.ts';
import { type Carrying, type Deed, Forbidden, type Outside } from './outside.ts';
import type { InCluster, Target } from './target.ts';

/** What is not to be done where it runs in no cluster. */
export const NO_CLUSTER: Plan = { tries: [], skipped: [{ place: '', reason: 'needs --engine kubernetes' }] };

/** The plan of an attack that needs a cluster's API server. */
export function fromOutside(plan: (target: Target, cluster: InCluster) => Plan): Attack['plan'] {
  return (target) => (target.outside === undefined ? NO_CLUSTER : plan(target, target.outside));
}

/** The one who asks. */
export function asker({ outside }: Hands): Outside {
  if (outside === undefined) throw new Error('an attack from outside was made where there is no cluster');
  return outside;
}

/** The same hands, asking with Petrify's own identity. */
export function withOwn(hands: Hands): Hands {
  const { own } = asker(hands);
  return own === undefined ? hands : { ...hands, outside: own };
}

/** Asks for `deed`, and does it where it is allowed. `untried`: what is said where it is allowed and cannot be carried out. */
export async function asked(
  hands: Hands,
  deed: Deed,
  untried: string,
  act: (carry: Carrying) => Promise<Observed>,
): Promise<Observed> {
  const outside = asker(hands);
  const permission = await outside.ask(deed);
  if ('refused' in permission) return permission.refused;
  const { carry, note } = permission.granted;
  const { who: by } = outside;
  if (carry === undefined) return { result: 'won', errno: null, detail: `${by} may ${untried}${note}`, by };
  try {
    const seen = await act(carry);
    return { ...seen, detail: `${seen.detail}${note}`, by };
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error;
    return { result: 'refused', errno: null, layer: 'RBAC', detail: error.message.replace(/\.$/, '') };
  }
}

/** The first line that a command said on its standard error, or how it ended. */
export async function answerOf(executing: ReturnType<Carrying['exec']>): Promise<{ exitCode: number; words: string }> {
  try {
    const { exitCode, stderr } = await executing;
    const words = stderr.toString('utf8').trim().split('\n')[0];
    const ended = exitCode === LEFT ? 'it said nothing until it was left' : `it ended with exit code ${exitCode}`;
    return { exitCode, words: words || ended };
  } catch (error) {
    if (!(error instanceof Failure) || error instanceof Forbidden) throw error;
    return { exitCode: LEFT, words: error.message.replace(/\.$/, '') };
  }
}

/** What a runtime says of a program that is not there, as from a shell. */
export const NOT_FOUND = 127;

export function missingTool(tool: string): Observed {
  return { result: 'refused', errno: null, layer: 'missing tool', detail: `the image has no ${tool}` };
}
