/** Lay a writable layer over the read-only root. */
import type { Attack } from '../attack.ts';
import { newName } from '../dropping.ts';
import { inNamespaces, SCRATCH } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, CLONE_NEWNS, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';

const UPPER = `${SCRATCH}/upper`;
const WORK = `${SCRATCH}/work`;
const LAYERS = `lowerdir=/,upperdir=${UPPER},workdir=${WORK}`;

const attack: Attack = {
  id: 'overlay-root',
  title: 'Lay a writable layer over the root file system',
  family: 'mounts',
  technique: 'T1562.001',
  harmless: false,
  why: 'With an overlay whose upper layer lies in memory every file of the image can be changed, and the read-only root stays as it is.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const memory = call('mount', 'petrify', SCRATCH, 'tmpfs', 0, 'size=64k');
    const overlay = call('mount', 'petrify', '/', 'overlay', 0, LAYERS);
    // What is mounted on the root is seen one step above it: a process keeps the root that it has.
    const name = newName(target, '/..');
    const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
    const { child, calls } = inNamespaces(
      CLONE_NEWNS,
      memory,
      call('mkdirat', AT_FDCWD, UPPER, 0o755),
      call('mkdirat', AT_FDCWD, WORK, 0o755),
      overlay,
      created,
      call('close', resultOf(created)),
      call('unlinkat', AT_FDCWD, name, 0),
    );
    const decisive = [child, memory, overlay, created];
    return { tries: [{ place: '/', gain: 'succeeded', program: calls, decisive, needs: 'SYS_ADMIN' }], skipped: [] };
  },
};

export default attack;
