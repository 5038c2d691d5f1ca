/** Put a container of one's own beside the application, as kubectl debug does. */
import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, objectOr } from '../../workload/value.ts';
import { asker, fromOutside, withOwn } from '../asking.ts';
import type { Attack, Hands, Observed } from '../attack.ts';
import { runnerName } from '../cluster-hands.ts';
import type { Outside } from '../outside.ts';
import { OWN_MOUNT, RUNNER_VOLUME, type Target } from '../target.ts';

/** Its image is on the node: a node starts it within a second or two. */
const START_MS = 6_000;
const POLL_MS = 250;

/** Root, beside the processes of the container; it only waits for its standard input. */
function debugContainer({ container, architecture }: Target, name: string) {
  return {
    name,
    image: container.image,
    imagePullPolicy: 'IfNotPresent',
    command: [`${OWN_MOUNT}/${runnerName(architecture)}`],
    stdin: true,
    targetContainerName: container.name,
    securityContext: { runAsUser: 0, runAsNonRoot: false },
    volumeMounts: [{ name: RUNNER_VOLUME, mountPath: OWN_MOUNT, readOnly: true }],
  };
}

async function add(hands: Hands, target: Target, name: string): Promise<Observed> {
  const outside = asker(hands);
  const refused = await outside.debug(debugContainer(target, name));
  if (refused !== undefined) return refused;
  const runs = (await started(outside, name)) ? 'and it runs there as root' : 'but it did not start within seconds';
  const detail = `the container ${name} was added beside the application, ${runs}; it stays in the pod for ever`;
  return { result: 'won', errno: null, detail, by: outside.who };
}

async function started(outside: Outside, name: string): Promise<boolean> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    const { status } = await outside.pod();
    const own = listOf(objectOr(status).ephemeralContainerStatuses)
      .map(objectOr)
      .find((one) => one.name === name);
    if (objectOr(objectOr(own).state).running !== undefined) return true;
    await sleep(POLL_MS);
  }
  return false;
}

const attack: Attack = {
  id: 'ephemeral-container',
  title: 'Add a container with other tools and rights to the running pod',
  family: 'outside',
  technique: 'T1610',
  harmless: false,
  opens: {
    kind: 'technique',
    what: 'ephemeral container',
    why: 'whom RBAC allows pods/ephemeralcontainers puts an image of their own choice beside the application, as far as admission allows',
  },
  why: 'An ephemeral container brings its own image, user and writable file system to the processes and the network of the pod, and stays until the pod goes.',
  stoppedBy: ['exec-access', 'namespace-enforcement'],
  plan: fromOutside((target, { live }) => {
    if (live) {
      const reason = 'an ephemeral container stays in a pod for ever: only a copy of the pod gets one';
      return { tries: [], skipped: [{ place: '', reason }] };
    }
    const name = `petrify-${target.token}`;
    return {
      tries: [
        {
          place: 'as root',
          gain: 'residual',
          makes: [],
          act: (hands) => add(hands, target, name),
          harmlessly: (hands) => add(withOwn(hands), target, `${name}-own`),
        },
      ],
      skipped: [],
    };
  }),
};

export default attack;
