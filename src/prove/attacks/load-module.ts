/** Load code into the kernel as a module: something that is none. */
import type { Attack } from '../attack.ts';
import { call } from '../probe/program.ts';

/** What a kernel that can load modules has. */
const MODULES = '/proc/modules';
const GARBAGE = Buffer.from('this is no module of any kernel\n'.repeat(4));

const attack: Attack = {
  id: 'load-module',
  title: 'Load a module into the kernel',
  family: 'kernel',
  technique: 'T1611',
  harmless: false,
  looksAt: [MODULES],
  twinCapabilities: ['SYS_MODULE'],
  why: 'A module runs in the kernel of the host, where no container exists any more.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    if (!target.paths.has(MODULES)) {
      return { tries: [], skipped: [{ place: '', reason: 'the kernel of this host loads no modules' }] };
    }
    const loaded = call('init_module', GARBAGE, GARBAGE.length, '');
    return {
      tries: [
        {
          place: 'init_module',
          gain: 'succeeded',
          program: [loaded],
          decisive: [loaded],
          // The kernel asks for the privilege before it looks at what it is given.
          reached: ['ENOEXEC'],
          needs: 'SYS_MODULE',
        },
      ],
      skipped: [],
    };
  },
};

export default attack;
