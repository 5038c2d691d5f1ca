/** Reads `/proc/<pid>/mountinfo`: which directories of a host filesystem a container sees, and where. */

/** One mount: `device` is `major:minor`, `root` the mounted directory's path inside that filesystem. */
export interface MountLine {
  readonly device: string;
  readonly root: string;
  readonly mountPoint: string;
  readonly readOnly: boolean;
  readonly type: string;
  readonly superOptions: readonly string[];
}

/** A directory (or file) inside a filesystem, independent of where that filesystem is mounted. */
export interface Location {
  readonly device: string;
  readonly path: string;
}

/** A place of a host filesystem that a container can write to, with the path under which the container knows it. */
export interface WatchedRoot extends Location {
  readonly containerPath: string;
  /** The container's own writable layer, or something mounted into it. */
  readonly layer: boolean;
}

/** What the kernel says of a container's mounts, as far as writes are concerned. */
export interface ContainerMounts {
  readonly roots: readonly WatchedRoot[];
  /** Host path of the overlay's upper directory; undefined: the storage driver has none. */
  readonly upper: string | undefined;
  /** Host paths of the image's layers, topmost first. */
  readonly lowers: readonly string[];
  /** What the container's user namespace adds to the owners of the layers, so that root there is its root; 0 without one. */
  readonly ownersShift: bigint;
}

/**
 * Podman gives layers to a user namespace through id-mapped mounts of its storage, and takes these away from the host
 * again: `STORAGE/CONTAINER/mapped/0/l/X` is `STORAGE/l/X`.
 */
const MAPPED = /\/[^/]+\/mapped\/\d+\//;

/** A path or option as mountinfo writes it: space, tab, newline and backslash are octal escapes. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Every well-formed line of a mountinfo file, in the order of mounting. */
export function parseMountinfo(text: string): MountLine[] {
  const mounts: MountLine[] = [];
  for (const line of text.split('\n')) {
    const fields = line.split(' ');
    const separator = fields.indexOf('-', 6);
    const [, , device, root, mountPoint, options] = fields;
    if (separator < 0 || device === undefined || root === undefined || mountPoint === undefined) continue;
    mounts.push({
      device,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      readOnly: options?.split(',').includes('ro') ?? false,
      type: fields[separator + 1] ?? '',
      superOptions: (fields[separator + 3] ?? '').split(',').map(unescapeOctal),
    });
  }
  return mounts;
}

/** True when `path` is `directory` or lies below it. Both absolute, without a slash at the end. */
export function isInside(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** Moves a path from below `from` to below `to`. */
export function rebase(path: string, from: string, to: string): string {
  const rest = from === '/' ? path : path.slice(from.length);
  const joined = `${to === '/' ? '' : to}${rest === '/' ? '' : rest}`;
  return joined === '' ? '/' : joined;
}

/** Where a path of this process stands inside its filesystem: the last mount with the longest mount point decides. */
export function locate(path: string, host: readonly MountLine[]): Location | undefined {
  let best: MountLine | undefined;
  for (const mount of host) {
    if (!isInside(path, mount.mountPoint)) continue;
    if (best === undefined || mount.mountPoint.length >= best.mountPoint.length) best = mount;
  }
  return best === undefined ? undefined : { device: best.device, path: rebase(path, best.mountPoint, best.root) };
}

/**
 * The mount of this process that shows the most of a filesystem. Handles decoded through it give paths of anything
 * below its root; through a bind of the storage directory they would miss every other directory.
 */
export function widestMount(device: string, host: readonly MountLine[]): MountLine | undefined {
  let best: MountLine | undefined;
  for (const mount of host) {
    if (mount.device === device && (best === undefined || mount.root.length < best.root.length)) best = mount;
  }
  return best;
}

/**
 * What a container can write to: the overlay's upper directory, and every writable bind below its root. `rootUid` is the
 * host's number of its uid 0.
 */
export function containerMounts(
  container: readonly MountLine[],
  host: readonly MountLine[],
  rootUid = 0,
): ContainerMounts {
  const root = container.find((mount) => mount.mountPoint === '/');
  const option = (name: string) => root?.superOptions.filter((entry) => entry.startsWith(name)) ?? [];
  const upper = option('upperdir=')[0]?.slice('upperdir='.length);
  const lowers = option('lowerdir').flatMap((entry) => entry.slice(entry.indexOf('=') + 1).split(/(?<!\\):+/));
  const roots: WatchedRoot[] = [];
  const layer = upper === undefined ? undefined : locate(upper, host);
  if (layer !== undefined) roots.push({ ...layer, containerPath: '/', layer: true });
  for (const mount of container) {
    if (mount.mountPoint === '/' || mount.readOnly || widestMount(mount.device, host) === undefined) continue;
    if (/^\/(?:proc|sys)(?:\/|$)/.test(mount.mountPoint)) continue;
    // In a user namespace the devices are the host's own, each mounted under its own name.
    if (mount.mountPoint === `/dev${mount.root}`) continue;
    roots.push({ device: mount.device, path: mount.root, containerPath: mount.mountPoint, layer: false });
  }
  const mapped = lowers.some((path) => MAPPED.test(path));
  return {
    roots,
    upper,
    lowers: lowers.map((path) => path.replaceAll('\\:', ':').replace(MAPPED, '/')).filter((path) => path !== ''),
    ownersShift: mapped ? BigInt(rootUid) : 0n,
  };
}

/** The container's name for a location: the most specific root that holds it; undefined: not this container's. */
export function toContainerPath(
  location: Location,
  roots: readonly WatchedRoot[],
): { path: string; root: WatchedRoot } | undefined {
  let best: WatchedRoot | undefined;
  for (const root of roots) {
    if (root.device !== location.device || !isInside(location.path, root.path)) continue;
    if (best === undefined || root.path.length > best.path.length) best = root;
  }
  return best === undefined ? undefined : { path: rebase(location.path, best.path, best.containerPath), root: best };
}
