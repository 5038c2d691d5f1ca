/** Enters a container by means of the probe: reads back who one is and what is really mounted, before anything is judged. */
import { randomBytes } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { Hands } from './attack.ts';
import { attacks } from './attacks/index.ts';
import type { Attacked } from './campaign.ts';
import type { Fellow } from './processes.ts';
import { lookAround } from './reconnaissance.ts';
import type { Target } from './target.ts';

/** Enough that no file of any image has the name. */
const TOKEN_BYTES = 6;

/** A part of names that nothing but this entering uses. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}

type Known = Pick<Target, 'container' | 'image' | 'architecture' | 'twin' | 'hostAttacks' | 'outside'>;

interface Entering {
  readonly signal: AbortSignal | undefined;
  /** The containers whose processes it should see, or why it should see none. */
  readonly fellows: readonly Fellow[] | string;
}

/** A string says why nobody can be in it. */
export async function enterByProbe(
  known: Known,
  hands: Hands,
  { signal, fellows }: Entering,
): Promise<Attacked | string> {
  try {
    return { target: await lookAround({ ...known, token: newToken() }, attacks, hands, fellows), hands };
  } catch (error) {
    if (!(error instanceof Failure) || signal?.aborted) throw error;
    return error.message;
  }
}

/** What follows from who one is: commands that run as another user than the manifest says show nothing. */
export function asWritten(own: Attacked | string): Attacked | string {
  if (typeof own === 'string') return own;
  const { container, uid } = own.target;
  const asked = container.settings.runAsUser.value;
  if (asked === undefined || asked === uid) return own;
  return `commands run as uid ${uid}, and the manifest says ${asked}`;
}
