/** Attach to the container's first process through the API server, as kubectl attach does. */
import { asked, fromOutside, withOwn } from '../asking.ts';
import type { Attack, Hands } from '../attack.ts';

const attack: Attack = {
  id: 'attach-process',
  title: 'Attach to the container’s first process',
  family: 'outside',
  technique: 'T1609',
  harmless: true,
  opens: {
    kind: 'technique',
    what: 'attach',
    executes: false,
    why: 'whom RBAC allows pods/attach reads what the application prints, and types into it where it has a standard input',
  },
  why: 'Whoever is attached reads the output of the application; a shell or a console that has standard input takes orders from there.',
  stoppedBy: ['exec-access'],
  plan: fromOutside(({ container }) => {
    const types = container.spec.stdin === true ? '; it has a standard input, into which nothing was typed' : '';
    const attach = (hands: Hands) =>
      asked(hands, 'attach', 'attach to the container', async (carry) => {
        await carry.attach();
        return { result: 'won', errno: null, detail: `the output of the first process could be read${types}` };
      });
    return {
      tries: [
        { place: 'attach', gain: 'residual', makes: [], act: attach, harmlessly: (hands) => attach(withOwn(hands)) },
      ],
      skipped: [],
    };
  }),
};

export default attack;
