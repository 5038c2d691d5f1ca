/** Take the protection of other mounts away: read-only, noexec. */
import type { Attack, ProbeTry } from '../attack.ts';
import { createFile, dropAndRun } from '../dropping.ts';
import { type MountPoint, mountFlags } from '../mounts.ts';
import { call, type Program, resultOf } from '../probe/program.ts';
import { AT_FDCWD, MS_BIND, MS_NOEXEC, MS_RDONLY, MS_REMOUNT, O_APPEND, O_WRONLY } from '../probe/syscalls.ts';
import { isKernelFileSystem, OWN_MOUNT, type Target } from '../target.ts';

/** Mounts of each kind that are tried: a hostile manifest may have any number, and the capability decides, not the place. */
const MOST = 3;

/** The root has an attack of its own; Podman's mark is in no Kubernetes. */
const NOT_VOLUMES: ReadonlySet<string> = new Set(['/', OWN_MOUNT, '/run/.containerenv']);

/** `flag` is what protects the mount. A twin's may have no such flag: it gets it first. */
function without(target: Target, mount: MountPoint, flag: number, beyond: Pick<ProbeTry, 'program' | 'decisive'>) {
  const remount = (flags: number) => call('mount', 'none', mount.path, '', MS_REMOUNT | MS_BIND | flags, 0);
  const flags = mountFlags(mount);
  const prepare = target.twin ? [remount(flags | flag)] : [];
  const lifted = remount(flags & ~flag);
  const program: Program = [...prepare, lifted, ...beyond.program, remount(flags)];
  return { program, decisive: [lifted, ...beyond.decisive], needs: 'SYS_ADMIN' };
}

/** Opening a file for appending changes nothing. */
function openFile(path: string): Pick<ProbeTry, 'program' | 'decisive'> {
  const opened = call('openat', AT_FDCWD, path, O_WRONLY | O_APPEND);
  return { program: [opened, call('close', resultOf(opened))], decisive: [opened] };
}

function makeWritable(target: Target, mount: MountPoint): ProbeTry {
  const directory = target.paths.get(mount.path)?.kind === 'directory';
  const written = directory ? createFile(target, mount.path) : openFile(mount.path);
  return { place: `write:${mount.path}`, gain: 'succeeded', ...without(target, mount, MS_RDONLY, written) };
}

function makeExecutable(target: Target, mount: MountPoint): ProbeTry {
  const { execution, ...dropped } = dropAndRun(target, mount.path, 'succeeded');
  const lifted = without(target, mount, MS_NOEXEC, dropped);
  return {
    place: `execute:${mount.path}`,
    gain: 'succeeded',
    ...lifted,
    execution: { ...execution!, required: true },
  };
}

/** The mounts of ordinary files that can be seen, those of the manifest first. */
function candidates({ container, mounts, paths }: Target): readonly MountPoint[] {
  const declared = new Set(container.mounts.map(({ mountPath }) => paths.get(mountPath)?.mountId));
  const visible = mounts.filter(({ id, path, fileSystem }) => {
    const facts = paths.get(path);
    const ordinary = facts?.kind === 'directory' || facts?.kind === 'file';
    return facts?.mountId === id && ordinary && !NOT_VOLUMES.has(path) && !isKernelFileSystem(fileSystem);
  });
  return [...visible.filter(({ id }) => declared.has(id)), ...visible.filter(({ id }) => !declared.has(id))];
}

const attack: Attack = {
  id: 'remount-volume',
  title: 'Make other mounts writable or executable again',
  family: 'mounts',
  technique: 'T1562.001',
  harmless: false,
  alone: true,
  why: 'That a volume is read-only or noexec is a flag of its mount, as with the root: whoever may mount takes it away.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const has = ({ options }: MountPoint, option: string) => target.twin || options.includes(option);
    const all = candidates(target).filter(({ superOptions }) => !superOptions.includes('ro'));
    const readOnly = all.filter((mount) => has(mount, 'ro'));
    const noexec = all.filter(
      (mount) => has(mount, 'noexec') && mount.writable && target.paths.get(mount.path)?.kind === 'directory',
    );
    const most = target.twin ? all.length : MOST;
    const left = Math.max(0, readOnly.length - most) + Math.max(0, noexec.length - most);
    return {
      tries: [
        ...readOnly.slice(0, most).map((mount) => makeWritable(target, mount)),
        ...noexec.slice(0, most).map((mount) => makeExecutable(target, mount)),
      ],
      skipped: [
        ...(readOnly.length === 0 ? [{ place: 'write', reason: 'no mount besides the root is read-only' }] : []),
        ...(noexec.length === 0 ? [{ place: 'execute', reason: 'no writable mount is noexec' }] : []),
        ...(left > 0 ? [{ place: 'more mounts', reason: `${left} more would show the same` }] : []),
      ],
    };
  },
};

export default attack;
