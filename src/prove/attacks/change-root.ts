/** Give a process another root directory. */
import type { Attack, ProbeTry } from '../attack.ts';
import { createFile } from '../dropping.ts';
import { inNamespaces, SCRATCH } from '../namespaces.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD, CLONE_NEWNS, MS_PRIVATE, MS_REC } from '../probe/syscalls.ts';
import type { Target } from '../target.ts';

const OLD_ROOT = `${SCRATCH}/old`;

/** In a child, which ends: the root stays the same directory, and the privilege is what counts. */
function changeRoot(): ProbeTry {
  const changed = call('chroot', '/');
  const { child, calls } = inNamespaces(0, changed);
  return { place: 'chroot', gain: 'succeeded', program: calls, decisive: [child, changed], needs: 'SYS_CHROOT' };
}

function pivotRoot(target: Target): ProbeTry {
  const memory = call('mount', 'petrify', SCRATCH, 'tmpfs', 0, 'size=64k');
  const pivoted = call('pivot_root', SCRATCH, OLD_ROOT);
  const { program, decisive } = createFile(target, '/');
  const { child, calls } = inNamespaces(
    CLONE_NEWNS,
    // The kernel refuses it where mounts are shared with others.
    call('mount', 'none', '/', '', MS_REC | MS_PRIVATE, 0),
    memory,
    call('mkdirat', AT_FDCWD, OLD_ROOT, 0o755),
    pivoted,
    ...program,
  );
  return {
    place: 'pivot_root',
    gain: 'succeeded',
    program: calls,
    decisive: [child, memory, pivoted, ...decisive],
    needs: 'SYS_ADMIN',
  };
}

const attack: Attack = {
  id: 'change-root',
  title: 'Change the root directory of a process',
  family: 'mounts',
  technique: 'T1036',
  harmless: true,
  why: 'Under another root a program finds other libraries, other settings and other programs under the names that it knows.',
  stoppedBy: ['run-as-non-root', 'drop-all-capabilities'],
  plan: (target) => ({ tries: [changeRoot(), pivotRoot(target)], skipped: [] }),
};

export default attack;
