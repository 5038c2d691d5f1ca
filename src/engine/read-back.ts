/** Reads what a container really got from the kernel, and refuses to go on when a mount is writable that nobody asked for. */
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { Failure } from '../failure.ts';
import type { ContainerRequest, Engine, ImageConfig } from './engine.ts';
import type { RunningContainer, SandboxPod } from './pod.ts';

/** One line of /proc/PID/mountinfo, the visible one where several are stacked on a place. */
export interface ContainerMount {
  readonly path: string;
  /** The part of the file system that is mounted: `/` or, for a bind, the source inside its own file system. */
  readonly root: string;
  readonly type: string;
  readonly options: readonly string[];
  readonly writable: boolean;
  readonly executable: boolean;
}

/** Who a process is, from /proc/PID/status: ids as they are in its own user namespace, capabilities as bit sets. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly inheritable: bigint;
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly bounding: bigint;
  readonly ambient: bigint;
  readonly noNewPrivileges: boolean;
  /** 0 none, 1 strict, 2 filter. */
  readonly seccomp: number;
}

/** Everything mounted in a running container's first process. Throws Failure('engine-refused') where it cannot be read. */
export function mountsOf(pod: SandboxPod, { id }: RunningContainer): Promise<readonly ContainerMount[]> {
  return readMounts(pod.engine, id);
}

/** Who the first process of a running container is. */
export function identityOf(pod: SandboxPod, { id }: RunningContainer): Promise<Identity> {
  return readIdentity(pod.engine, id);
}

export async function readMounts(engine: Engine, id: string): Promise<readonly ContainerMount[]> {
  return parseMounts(await readProcess(engine, id, 'mountinfo'));
}

export async function readIdentity(engine: Engine, id: string): Promise<Identity> {
  const read = (file: ProcessFile) => readProcess(engine, id, file);
  const seen = parseIdentity(await read('status'));
  // Read from inside, ids are the container's own already, and its maps are of no use.
  if (!engine.info.local) return seen;
  const [users, groups] = [await read('uid_map'), await read('gid_map')];
  return {
    ...seen,
    uid: insideId(seen.uid, users),
    gid: insideId(seen.gid, groups),
    groups: seen.groups.map((gid) => insideId(gid, groups)),
  };
}

/** The kernel's stand-in for an id that a user namespace does not have (kernel.overflowuid). */
const NOBODY = 65_534;

/** What an id outside is in the user namespace of this `/proc/PID/uid_map`, read from outside. */
export function insideId(id: number, map: string): number {
  for (const line of map.trim().split('\n')) {
    const [inside = 0, outside = 0, count = 0] = line.trim().split(/\s+/).map(Number);
    if (id >= outside && id < outside + count) return inside + id - outside;
  }
  return NOBODY;
}

type ProcessFile = 'mountinfo' | 'status' | 'uid_map' | 'gid_map';

/** From the host's /proc where the engine is here, else by a command in the container, which then needs `cat`. */
async function readProcess(engine: Engine, id: string, file: ProcessFile): Promise<string> {
  const { pid } = await engine.state(id);
  if (engine.info.local && pid > 0) return readFile(`/proc/${pid}/${file}`, 'utf8');
  const { exitCode, stdout } = await engine.exec(id, ['cat', `/proc/1/${file}`]);
  if (exitCode !== 0)
    throw new Failure('engine-refused', `What container ${id.slice(0, 12)} really got cannot be read: it has no cat.`);
  return stdout.toString('utf8');
}

/** Spaces, tabs, newlines and backslashes come as octal escapes. */
const plain = (text: string) =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

export function parseMounts(text: string): readonly ContainerMount[] {
  const mounts = new Map<string, ContainerMount>();
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ');
    const [, , , root, path, own = ''] = left.split(' ');
    const [type = '', , shared = ''] = right.split(' ');
    if (root === undefined || path === undefined) continue;
    const options = own.split(',');
    mounts.set(plain(path), {
      path: plain(path),
      root: plain(root),
      type,
      options: [...new Set([...options, ...shared.split(',')])],
      writable: options.includes('rw') && shared.split(',').includes('rw'),
      executable: !options.includes('noexec'),
    });
  }
  return [...mounts.values()];
}

export function parseIdentity(text: string): Identity {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
  const bits = (name: string) => BigInt(`0x${field(name) || '0'}`);
  return {
    uid: Number(field('Uid').split(/\s+/)[1]),
    gid: Number(field('Gid').split(/\s+/)[1]),
    groups: field('Groups')
      .split(/\s+/)
      .filter((group) => group !== '')
      .map(Number),
    inheritable: bits('CapInh'),
    permitted: bits('CapPrm'),
    effective: bits('CapEff'),
    bounding: bits('CapBnd'),
    ambient: bits('CapAmb'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    seccomp: Number(field('Seccomp')),
  };
}

/** The kernel's own file systems, whose writability is governed by their own controls and judged there. */
const KERNEL_TYPES = new Set(['proc', 'devpts', 'mqueue', 'cgroup', 'cgroup2']);

/** Files that engines mount themselves; read-only exactly when the root is. */
const ENGINE_FILES = ['/etc/resolv.conf', '/etc/hostname', '/etc/hosts', '/run/.containerenv'];

/**
 * The mounts that can be written although the request does not say so, and those that differ from it otherwise, each
 * one sentence; `resolve` follows the image's symlinks. Empty: the container is what was asked for.
 */
export async function surprises(
  mounts: readonly ContainerMount[],
  request: ContainerRequest,
  image: ImageConfig,
  resolve: (path: string) => Promise<string>,
): Promise<string[]> {
  const found: string[] = [];
  const at = new Map(mounts.map((mount) => [mount.path, mount]));
  const asked = new Set(['/dev', '/dev/shm', '/dev/console', ...(request.readOnlyRoot ? [] : ['/', ...ENGINE_FILES])]);
  for (const { target, readOnly } of request.binds) {
    const path = await resolve(target);
    const mount = at.get(path);
    if (!mount) found.push(`nothing is mounted at ${target}`);
    else if (mount.writable === readOnly) found.push(`${target} is ${readOnly ? 'writable' : 'read-only'}`);
    else if (!readOnly && !mount.executable)
      found.push(`${target} cannot be executed in, because its host directory cannot (set TMPDIR)`);
    if (!readOnly) asked.add(path);
  }
  for (const { target, options } of request.tmpfs) if (!options.includes('ro')) asked.add(await resolve(target));
  for (const volume of image.volumes) asked.add(await resolve(volume));
  if (at.get('/')?.writable === request.readOnlyRoot) {
    found.push(`the root is ${request.readOnlyRoot ? 'writable' : 'read-only'}`);
  }
  for (const mount of mounts.toSorted((one, other) => (one.path < other.path ? -1 : 1))) {
    if (mount.writable && !asked.has(mount.path) && !isHarmless(mount, request)) {
      found.push(`${mount.path} is a writable ${mount.type}`);
    }
  }
  return found;
}

/** What every container has in /dev; a privileged one has all of the host's. */
const STANDARD_DEVICES = new Set(['null', 'zero', 'full', 'random', 'urandom', 'tty'].map((name) => `/dev/${name}`));

function isHarmless(mount: ContainerMount, request: ContainerRequest): boolean {
  if (KERNEL_TYPES.has(mount.type)) return true;
  if (request.privileged && mount.path.startsWith('/sys')) return true;
  // No device can be made in a user namespace: each is the host's own, mounted under its own name.
  const device = request.userNamespace !== undefined && mount.path === `/dev${mount.root}`;
  if (device && (request.privileged || STANDARD_DEVICES.has(mount.path))) return true;
  // A masked file: /dev/null is mounted over it.
  return mount.root === '/null' && mount.path.startsWith('/proc/');
}

/** Follows symlinks component by component, as the runtime does when it mounts; `linkAt` gives a link's target. */
export async function resolveLinks(
  path: string,
  linkAt: (path: string) => Promise<string | undefined>,
): Promise<string> {
  let rest = path.split('/').filter((part) => part !== '');
  let done = '/';
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...others] = rest;
    const next = posix.join(done, part);
    const target = part === '..' ? undefined : await linkAt(next);
    rest = others;
    if (target === undefined || ++links > 40) {
      done = next;
      continue;
    }
    if (target.startsWith('/')) done = '/';
    rest = [...target.split('/').filter((piece) => piece !== '' && piece !== '.'), ...others];
  }
  return done;
}
