/** Holds a started container against what was asked for: its mounts, and what its process may do. */
import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import type { ContainerRequest, IdRange, ImageConfig } from './engine.ts';
import { ALL_CAPABILITIES } from './identity.ts';
import type { RunningContainer } from './pod.ts';
import type { PodInMaking } from './pod-in-making.ts';
import { type Identity, readIdentity, readMounts, resolveLinks, surprises } from './read-back.ts';
import { isMounted, type SubPath } from './sub-path.ts';
import { hostId } from './user-namespace.ts';
import { chmodWithin } from './within.ts';

/** The engine says "started" a moment before the new process has its last settings. */
const IDENTITY_TRIES = 20;
const IDENTITY_WAIT_MS = 25;

const OLD_CGROUPS = 'This host has cgroups version 1: /sys/fs/cgroup is empty and read-only here.';

/** How every failure of this file begins. */
export const READ_BACK = 'The sandbox is not what was asked for';

interface Check {
  readonly pod: PodInMaking;
  readonly id: string;
  readonly request: ContainerRequest;
  readonly image: ImageConfig;
  readonly subPaths: readonly SubPath[];
}

/**
 * Before anything is judged: nothing may be writable that was not asked for, and each part of a volume is the one that
 * was found. Of a container that ends meanwhile (an engine may have started it already), there is nothing to judge.
 */
export async function checkMounts(check: Check): Promise<void> {
  try {
    await compareMounts(check);
  } catch (error) {
    if (error instanceof Failure || !(await endsNow(check))) throw error;
  }
}

/** An engine may report a process that is gone as running for a moment. */
async function endsNow({ pod, id }: Check): Promise<boolean> {
  for (let tries = IDENTITY_TRIES; tries > 0; tries -= 1) {
    if ((await pod.engine.state(id)).status === 'exited') return true;
    await new Promise((resolve) => setTimeout(resolve, IDENTITY_WAIT_MS));
  }
  return false;
}

async function compareMounts({ pod, id, request, image, subPaths }: Check): Promise<void> {
  const { engine, differences } = pod;
  const { status, pid } = await engine.state(id);
  if (status === 'exited') return;
  const linkAt = async (path: string) => {
    if (!engine.info.local) return (await engine.stat(id, path))?.linkTarget;
    return readlink(`/proc/${pid}/root${path}`).catch(() => undefined);
  };
  const resolve = (path: string) => resolveLinks(path, linkAt);
  if (engine.info.local) await openMemory(request, pid, resolve, pod.ids);
  const mounts = await readMounts(engine, id);
  const cgroups = mounts.find(({ path }) => path === '/sys/fs/cgroup');
  if (cgroups?.type === 'tmpfs' && !cgroups.writable && !differences.includes(OLD_CGROUPS))
    differences.push(OLD_CGROUPS);
  const found = await surprises(mounts, request, image, resolve);
  for (const subPath of engine.info.local ? subPaths : []) {
    const same = await isMounted(subPath, pid, await resolve(subPath.target)).catch(() => false);
    if (!same)
      found.push(`${subPath.target} is not what its subPath named before, because another container exchanged it`);
  }
  if (found.length === 0) return;
  throw new Failure('engine-refused', `${READ_BACK}: ${found.join('; ')}.`, {
    hint: 'Nothing was judged, because a proof in it would mean nothing. Please report this with the engine’s version.',
  });
}

/** runc gives a tmpfs the mode of the image's directory below it, the kubelet always its own; Podman takes no group. */
async function openMemory(
  request: ContainerRequest,
  pid: number,
  resolve: (path: string) => Promise<string>,
  ids: IdRange | undefined,
): Promise<void> {
  for (const { target, options } of request.tmpfs) {
    const written = (name: string) => options.find((option) => option.startsWith(name))?.slice(name.length);
    const [mode, gid] = [written('mode='), written('gid=')];
    // One that is read-only is empty for ever, and cannot be changed any more.
    if (mode === undefined || options.includes('ro')) continue;
    const group = gid === undefined ? undefined : hostId(Number(gid), ids);
    await chmodIn(pid, await resolve(target), Number.parseInt(mode, 8), group);
  }
}

/** A container may end at any moment, and takes its /proc entry along. */
async function chmodIn(pid: number, path: string, mode: number, gid: number | undefined): Promise<void> {
  try {
    await chmodWithin(`/proc/${pid}/root`, path, mode, gid);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!['ENOENT', 'ESRCH'].includes(code ?? '') || existsSync(`/proc/${pid}/root`)) throw error;
  }
}

/** Throws when a process could do more than was asked for; says so when it can do less. */
export async function checkIdentity(
  pod: PodInMaking,
  { container, id }: RunningContainer,
  request: ContainerRequest,
): Promise<void> {
  for (let tries = IDENTITY_TRIES; ; tries -= 1) {
    const { status } = await pod.engine.state(id);
    if (status === 'exited') return;
    const identity = await readIdentity(pod.engine, id).catch(() => undefined);
    const wrong = identity && identityErrors(identity, request);
    if (identity && wrong?.length === 0) {
      const missing = ALL_CAPABILITIES.filter(
        (name, bit) => request.capabilities.includes(name) && !has(identity.bounding, bit),
      );
      if (missing.length > 0 && !request.privileged) {
        pod.differences.push(`Container ${container.name}: ${missing.join(', ')} cannot be given to its user here.`);
      }
      return;
    }
    if (tries === 0 && wrong) throw new Failure('engine-refused', `${READ_BACK}: ${wrong.join('; ')}.`);
    if (tries === 0) return;
    await new Promise((resolve) => setTimeout(resolve, IDENTITY_WAIT_MS));
  }
}

const has = (set: bigint, bit: number) => ((set >> BigInt(bit)) & 1n) === 1n;

function identityErrors(identity: Identity, request: ContainerRequest): string[] {
  const errors: string[] = [];
  const extra = ALL_CAPABILITIES.filter(
    (name, bit) => has(identity.bounding, bit) && !request.capabilities.includes(name),
  );
  if (extra.length > 0 && !request.privileged) errors.push(`the bounding set holds ${extra.join(', ')} as well`);
  if (identity.ambient !== 0n) errors.push('there are ambient capabilities');
  if (identity.noNewPrivileges !== request.noNewPrivileges) errors.push('no_new_privs differs');
  if ((identity.seccomp === 0) !== (request.seccomp === 'unconfined')) errors.push('the seccomp mode differs');
  return errors;
}
