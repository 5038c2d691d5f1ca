/** Reach a port of the pod through the API server, as kubectl port-forward does. */
import { asked, fromOutside, withOwn } from '../asking.ts';
import type { Attack, Hands } from '../attack.ts';

/** Where no port is declared, one on which nobody listens: that the node dials it shows the same. */
const ANY_PORT = 1;

const attack: Attack = {
  id: 'port-forward',
  title: 'Reach a port of the pod past every network policy',
  family: 'outside',
  technique: 'T1133',
  harmless: true,
  opens: {
    kind: 'technique',
    what: 'port-forward',
    executes: false,
    why: 'whom RBAC allows pods/portforward reaches every port of the pod, those that listen on localhost alone as well',
  },
  why: 'The node dials the port from inside of the pod: no network policy stands in between, and consoles that listen on localhost are open.',
  stoppedBy: ['port-forward-access'],
  plan: fromOutside((_, { port = ANY_PORT }) => {
    const forward = (hands: Hands) =>
      asked(hands, 'portforward', 'forward ports of the pod', async (carry) => {
        const listens = await carry.forward(port);
        const what = listens ? 'and somebody took the connection' : 'where nobody listens';
        return { result: 'won', errno: null, detail: `the node dialled port ${port} in the pod, ${what}` };
      });
    return {
      tries: [
        { place: 'port', gain: 'residual', makes: [], act: forward, harmlessly: (hands) => forward(withOwn(hands)) },
      ],
      skipped: [],
    };
  }),
};

export default attack;
