/** Keep something in the kernel's keyring. */
import type { Attack } from '../attack.ts';
import { call } from '../probe/program.ts';

/** The keyring of the process: it goes with it. */
const KEY_SPEC_PROCESS_KEYRING = -2;
const SECRET = Buffer.from('petrify');

const attack: Attack = {
  id: 'kernel-keyring',
  title: "Use the kernel's keyring",
  family: 'kernel',
  technique: 'T1068',
  harmless: true,
  opens: {
    kind: 'technique',
    what: 'keyring',
    why: 'the keyrings of the kernel know no containers: keys of a user are those of the same uid elsewhere; a seccomp filter can refuse the call',
  },
  why: 'Keyrings are not divided by containers: data is kept and passed on past all files, through code in which faults were found.',
  stoppedBy: ['missing-seccomp-profile', 'unconfined-seccomp'],
  plan(target) {
    const name = `petrify-${target.token}`;
    const added = call('add_key', 'user', name, SECRET, SECRET.length, KEY_SPEC_PROCESS_KEYRING);
    return { tries: [{ place: 'add_key', gain: 'residual', program: [added], decisive: [added] }], skipped: [] };
  },
};

export default attack;
