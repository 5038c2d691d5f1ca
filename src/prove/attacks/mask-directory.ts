/** Mount an empty file system over the directory of the programs, and execute one's own there. */
import type { Attack } from '../attack.ts';
import { dropAndRun } from '../dropping.ts';
import { call } from '../probe/program.ts';
import { MNT_DETACH } from '../probe/syscalls.ts';
import { isDirectoryOnRoot } from '../target.ts';

const DIRECTORIES = ['/usr', '/etc', '/opt'];
/** An image may have none of them; every container has this one. */
const FALLBACK = '/proc';

const attack: Attack = {
  id: 'mask-directory',
  title: 'Mount a writable file system over a directory of the image',
  family: 'mounts',
  technique: 'T1036',
  harmless: false,
  alone: true,
  looksAt: DIRECTORIES,
  why: 'A memory file system over /usr replaces every program below it, and the read-only root stays untouched underneath.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const directory = DIRECTORIES.find((path) => isDirectoryOnRoot(target, path)) ?? FALLBACK;
    const mounted = call('mount', 'petrify', directory, 'tmpfs', 0, 'size=64k');
    const dropped = dropAndRun(target, directory, 'succeeded');
    return {
      tries: [
        {
          ...dropped,
          program: [mounted, ...dropped.program, call('umount2', directory, MNT_DETACH)],
          decisive: [mounted, ...dropped.decisive],
          execution: { ...dropped.execution!, required: true },
          needs: 'SYS_ADMIN',
        },
      ],
      skipped: [],
    };
  },
};

export default attack;
