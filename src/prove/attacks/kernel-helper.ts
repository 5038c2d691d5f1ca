/** Name a program that the kernel then runs on the host. */
import type { Attack } from '../attack.ts';
import { bothWays } from '../kernel-files.ts';

/** Settings whose value is the path of a program; each kernel has those of what was built into it. */
const HELPERS = ['core_pattern', 'modprobe', 'poweroff_cmd'];
const pathOf = (name: string) => `/proc/sys/kernel/${name}`;

const attack: Attack = {
  id: 'kernel-helper',
  title: 'Have the kernel run a program on the host',
  family: 'kernel',
  technique: 'T1611',
  harmless: false,
  looksAt: HELPERS.map(pathOf),
  why: 'The kernel runs what kernel.core_pattern and kernel.modprobe name as root of the host, outside of every container.',
  stoppedBy: ['privileged', 'unmasked-proc-mount', 'added-capabilities', 'run-as-non-root', 'user-namespace'],
  plan(target) {
    const [there, absent] = [true, false].map((is) => HELPERS.filter((name) => target.paths.has(pathOf(name)) === is));
    const plans = there!.map((name) => bothWays(target, `kernel.${name}`, pathOf(name)));
    const reason = 'the kernel of this host has no such setting';
    return {
      tries: plans.flatMap(({ tries }) => tries),
      skipped: [
        ...plans.flatMap(({ skipped }) => skipped),
        ...absent!.map((name) => ({ place: `kernel.${name}`, reason })),
      ],
    };
  },
};

export default attack;
