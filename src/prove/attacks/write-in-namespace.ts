/** Change the container's files from namespaces of one's own. */
import type { Attack, ProbeTry } from '../attack.ts';
import { createFile, dropAndRun, ownersDirectory } from '../dropping.ts';
import { hasCapability } from '../layer.ts';
import { mountFlags } from '../mounts.ts';
import { becomeRoot, inNamespaces } from '../namespaces.ts';
import { type Call, call } from '../probe/program.ts';
import { CLONE_NEWNS, CLONE_NEWUSER, MS_BIND, MS_RDONLY, MS_REMOUNT } from '../probe/syscalls.ts';
import { isDirectoryOnRoot, rootMount, type Target } from '../target.ts';

const OWN_USERS = CLONE_NEWUSER | CLONE_NEWNS;
const DIRECTORIES = ['/usr', '/etc', '/opt'];
/** An image may have none of them; every container has this one. */
const FALLBACK = '/sys';

/**
 * Writes to the root, after having made its mount writable where it is not. In a user namespace the kernel keeps the
 * flags of mounts that it did not make; the twin shows the same calls in a mount namespace alone.
 */
function writeRoot(target: Target): ProbeTry {
  const flags = mountFlags(rootMount(target));
  const remount = (also: number) =>
    call('mount', 'none', '/', '', MS_REMOUNT | MS_BIND | (flags & ~MS_RDONLY) | also, 0);
  const { program, decisive } = createFile(target, ownersDirectory(target));
  const written = { gain: 'succeeded', place: '/' } as const;
  const lifted = remount(0);
  if (target.twin) {
    const { child, calls } = inNamespaces(CLONE_NEWNS, remount(MS_RDONLY), lifted, ...program);
    return { ...written, program: calls, decisive: [child, lifted, ...decisive] };
  }
  const { calls: becoming, mapped } = becomeRoot(target);
  const lifting: readonly Call[] = rootMount(target).writable ? [] : [lifted];
  const { child, calls } = inNamespaces(OWN_USERS, ...becoming, ...lifting, ...program);
  return { ...written, program: calls, decisive: [child, mapped, ...lifting, ...decisive], ...refusals(target) };
}

/** Whoever may give the real root to a namespace, or is another user, is refused by the locked flags of the mount. */
function refusals(target: Target): Pick<ProbeTry, 'needs' | 'layers'> {
  const mayMap = target.uid !== 0 || hasCapability(target, 'SETFCAP');
  return mayMap && !target.filtered.has('clone') ? { layers: { EPERM: 'user namespace' } } : { needs: 'SETFCAP' };
}

function runInMemory(target: Target): ProbeTry {
  const directory = DIRECTORIES.find((path) => isDirectoryOnRoot(target, path)) ?? FALLBACK;
  const mounted = call('mount', 'petrify', directory, 'tmpfs', 0, 'size=64k');
  const { program, decisive, execution } = dropAndRun(target, directory, 'residual');
  const { calls: becoming, mapped } = becomeRoot(target);
  const { child, calls } = inNamespaces(OWN_USERS, ...becoming, mounted, ...program);
  return {
    place: directory,
    gain: 'residual',
    program: calls,
    decisive: [child, mapped, mounted, ...decisive],
    execution: { ...execution!, required: true },
    needs: 'SETFCAP',
  };
}

const attack: Attack = {
  id: 'write-in-namespace',
  title: 'Write and execute in namespaces of its own',
  family: 'mounts',
  technique: 'T1562.001',
  harmless: false,
  looksAt: DIRECTORIES,
  opens: {
    kind: 'technique',
    what: 'mount namespace',
    why: 'whoever creates a user namespace may mount memory over any directory and execute there, seen by nobody else; a seccomp filter can refuse the call',
  },
  why: 'With its own user and mount namespaces any user may mount: what it executes there stands in no file of the container.',
  stoppedBy: ['missing-seccomp-profile', 'unconfined-seccomp', 'read-only-root-filesystem'],
  plan: (target) => ({ tries: [writeRoot(target), runInMemory(target)], skipped: [] }),
};

export default attack;
