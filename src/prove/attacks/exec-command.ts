/** Have a program executed in the container through the API server, as kubectl exec does. */
import { answerOf, asked, fromOutside, NOT_FOUND, withOwn } from '../asking.ts';
import type { Attack, Hands, Observed } from '../attack.ts';
import { runnerName } from '../cluster-hands.ts';
import { PAYLOAD_EXIT_CODE, payload } from '../dropping.ts';
import type { Carrying } from '../outside.ts';
import { OWN_MOUNT, type Target } from '../target.ts';

/** A program that has been there before, and exits with a number of its own. */
async function runOwn(carry: Carrying, { architecture }: Target): Promise<Observed> {
  const command = [`${OWN_MOUNT}/${runnerName(architecture)}`];
  const { exitCode, words } = await answerOf(carry.exec(command, { stdin: payload(architecture), endsItself: true }));
  if (exitCode === PAYLOAD_EXIT_CODE)
    return { result: 'won', errno: null, detail: 'a program was executed in the container' };
  return { result: 'undecided', errno: null, detail: `the program did not run to its end: ${words}` };
}

/** In a pod that serves: one that does nothing, or none at all, which the runtime then says. */
async function runNothing(carry: Carrying): Promise<Observed> {
  const { exitCode, words } = await answerOf(carry.exec(['true']));
  if (exitCode === 0) return { result: 'won', errno: null, detail: 'the program true was executed in the container' };
  if (exitCode === NOT_FOUND)
    return {
      result: 'won',
      errno: null,
      detail: 'the container’s runtime looked for the program true, which the image does not have',
    };
  return { result: 'undecided', errno: null, detail: `the program true did not run to its end: ${words}` };
}

const attack: Attack = {
  id: 'exec-command',
  title: 'Execute a command in the running container',
  family: 'outside',
  technique: 'T1609',
  harmless: true,
  opens: {
    kind: 'technique',
    what: 'exec',
    why: 'whom RBAC allows pods/exec executes the programs of the image in the container; no field of a pod prevents it',
  },
  why: 'A shell in a running container is the first step of everybody who wants to change one, and it leaves no trace in any manifest.',
  stoppedBy: ['exec-access'],
  plan: fromOutside((target, { live }) => {
    const run = (hands: Hands) =>
      asked(hands, 'exec', 'execute commands in the container', (carry) =>
        live ? runNothing(carry) : runOwn(carry, target),
      );
    return {
      tries: [{ place: 'exec', gain: 'residual', makes: [], act: run, harmlessly: (hands) => run(withOwn(hands)) }],
      skipped: [],
    };
  }),
};

export default attack;
