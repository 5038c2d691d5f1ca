/** Mount the kernel's /proc anew, without the masks of the runtime. */
import type { Attack, ProbeTry } from '../attack.ts';
import { SETTING_PATH } from '../host.ts';
import { inNamespaces } from '../namespaces.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, CLONE_NEWNS, O_WRONLY } from '../probe/syscalls.ts';

const attack: Attack = {
  id: 'mount-proc',
  title: 'Mount a fresh /proc',
  family: 'mounts',
  technique: 'T1611',
  harmless: true,
  why: 'The runtime covers parts of /proc read-only; a second mount of it has no such covers, and the settings of the host are writable.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const mounted = call('mount', 'proc', '/proc', 'proc', 0, 0);
    // Opened for writing and never written.
    const opened = call('openat', AT_FDCWD, SETTING_PATH, O_WRONLY);
    const { child, calls } = inNamespaces(CLONE_NEWNS, mounted, opened, call('close', resultOf(opened)));
    const decisive = [child, mounted, opened];
    const refused: Pick<ProbeTry, 'layers'> = target.userNamespace ? { layers: { EACCES: 'user namespace' } } : {};
    return {
      tries: [{ place: '/proc', gain: 'succeeded', program: calls, decisive, needs: 'SYS_ADMIN', ...refused }],
      skipped: [],
    };
  },
};

export default attack;
