/** Opens files of the kernel for writing and writes nothing: harmless, and the permission is decided by then. */
import type { Plan, ProbeTry } from './attack.ts';
import { mountAround, mountFlags } from './mounts.ts';
import { call, resultOf } from './probe/program.ts';
import { AT_FDCWD, MS_BIND, MS_RDONLY, MS_REMOUNT, O_WRONLY } from './probe/syscalls.ts';
import type { Target } from './target.ts';

/**
 * Runtimes lay a read-only mount over such files. A twin, which has it too, takes it away first, and puts it back;
 * so does an attacker who may, with `remounting`.
 */
export function openForWriting(target: Target, place: string, path: string, remounting = false): ProbeTry {
  const opened = call('openat', AT_FDCWD, path, O_WRONLY);
  const closed = call('close', resultOf(opened));
  const common = { place, gain: 'succeeded', ...refusals(target) } as const;
  if (!remounting && !target.twin) return { ...common, program: [opened, closed], decisive: [opened] };
  const cover = mountAround(target.mounts, path);
  const remount = (flags: number) => call('mount', 'none', cover.path, '', MS_REMOUNT | MS_BIND | flags, 0);
  const lifted = remount(mountFlags(cover) & ~MS_RDONLY);
  const program = [lifted, opened, closed, remount(mountFlags(cover))];
  return { ...common, program, decisive: [lifted, opened] };
}

/** Both ways, where a mount of its own covers the file: as it is, and with that mount made writable first. */
export function bothWays(target: Target, place: string, path: string): Plan {
  const plainly = openForWriting(target, place, path);
  const remounted = `${place},remount`;
  const { options, path: covering } = mountAround(target.mounts, path);
  if (options.includes('ro')) {
    return { tries: [plainly, openForWriting(target, remounted, path, true)], skipped: [] };
  }
  return { tries: [plainly], skipped: [{ place: remounted, reason: `${covering} is not mounted read-only here` }] };
}

/** These files belong to the host's root, who is somebody else in a user namespace. */
function refusals({ userNamespace }: Target): Pick<ProbeTry, 'needs' | 'layers'> {
  return { needs: 'SYS_ADMIN', ...(userNamespace ? { layers: { EACCES: 'user namespace' } } : {}) };
}
