/** Put another file in the place of the application's program, by a mount. */
import type { Attack, ProbeTry } from '../attack.ts';
import { fileOnRoot } from '../image-files.ts';
import { call } from '../probe/program.ts';
import { MNT_DETACH, MS_BIND } from '../probe/syscalls.ts';

/** A file of the container that the probe is sure to find: itself. */
const OWN_PROGRAM = '/proc/self/exe';
/** Which every container has. */
const FALLBACK = '/etc/hosts';

function mountOver(file: string): ProbeTry {
  const mounted = call('mount', OWN_PROGRAM, file, '', MS_BIND, 0);
  const program = [mounted, call('umount2', file, MNT_DETACH)];
  return { place: file, gain: 'succeeded', program, decisive: [mounted], needs: 'SYS_ADMIN' };
}

const attack: Attack = {
  id: 'bind-over-file',
  title: 'Mount a file over the program of the application',
  family: 'mounts',
  technique: 'T1036',
  harmless: false,
  alone: true,
  why: 'A bind mount needs no writable root: what is executed next under the name of the program is another file.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    // A program that only the original's volume has is none of the twin's: the other file shows it there.
    const onVolume = target.entrypoint !== undefined && fileOnRoot(target, target.entrypoint) === undefined;
    const files = [target.entrypoint ?? FALLBACK, ...(onVolume ? [FALLBACK] : [])];
    return { tries: files.map(mountOver), skipped: [] };
  },
};

export default attack;
