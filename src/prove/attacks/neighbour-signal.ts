/** Ask whether the process of another container may be sent a signal; none is sent. */
import type { Attack } from '../attack.ts';
import { call } from '../probe/program.ts';

/** The kernel checks the permission and sends nothing. */
const NO_SIGNAL = 0;

const attack: Attack = {
  id: 'neighbour-signal',
  title: "End or stop another container's process",
  family: 'neighbours',
  technique: 'T1499',
  harmless: false,
  why: 'A signal ends or stops the process of another container, a proxy or an agent that watches this one for instance.',
  stoppedBy: ['shared-process-namespace', 'host-pid'],
  opens: {
    kind: 'technique',
    what: "signals to a neighbour's processes",
    why: 'the pod shares its processes, and a neighbour runs as the same user, or this container holds KILL',
  },
  plan({ neighbours }) {
    if (typeof neighbours === 'string') return { tries: [], skipped: [{ place: '', reason: neighbours }] };
    const tries = neighbours.map(({ container, pid }) => {
      const asked = call('kill', pid, NO_SIGNAL);
      return { place: container.name, gain: 'residual', program: [asked], decisive: [asked] } as const;
    });
    return { tries, skipped: [] };
  },
};

export default attack;
