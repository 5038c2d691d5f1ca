/** Decides for each piece of evidence which directory would have to be a volume, or why none has to. */
import type { Mount } from '../workload/workload.ts';
import type { Evidence } from './evidence.ts';

/** What the image has at a directory. */
export interface ShippedDirectory {
  /** Regular files, links and special files below it; counting stops at 1000. */
  readonly shippedFiles: number;
  readonly owner: { readonly uid: number; readonly gid: number; readonly mode: number };
  /** Of the regular files below it, as far as counted. */
  readonly bytes: number;
  /** Files below it that are run or loaded, by their paths relative to it, sorted, at most 50. */
  readonly programs: readonly string[];
  /** Symlinks below it that lead to a stream or device of the process (`/dev/stdout`), relative, sorted, at most 50. */
  readonly outputs: readonly string[];
  /** Everything below it that is no directory, relative, sorted, at most 50. */
  readonly names: readonly string[];
}

/** The image's file tree, as far as the evidence touches it. */
export interface ImageLayout {
  /** Follows the image's own symlinks, the last component included. A path that the image lacks keeps its missing rest. */
  resolve(path: string): string;
  /** undefined: the image has no directory at this canonical path. */
  directory(path: string): ShippedDirectory | undefined;
}

/** The part of a mount that placement looks at. */
export type PlacedMount = Pick<Mount, 'mountPath' | 'readOnly'>;

export type Placement =
  | { readonly evidence: Evidence; readonly path: string; readonly directory: string }
  | { readonly evidence: Evidence; readonly path: string; readonly directory: undefined; readonly because: Unplaced };

/** Why evidence asks for no new volume. */
export type Unplaced =
  | 'kernel-interface'
  | 'runtime-file'
  | 'writable-volume'
  | 'read-only-volume'
  | 'working-directory';

/** Mounts of the kernel and of the runtime in every container: never part of the image. */
const KERNEL_INTERFACES = ['/dev', '/proc', '/sys'];
/** Files that the kubelet or the runtime puts into every container. */
const RUNTIME_FILES: ReadonlySet<string> = new Set([
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/mtab',
  '/run/.containerenv',
  '/.dockerenv',
]);
/** Means that name a path as the application knows it; the others see where it really lies. */
const NAMED_BY_APPLICATION: ReadonlySet<string> = new Set(['system-calls', 'log-lines', 'image-config', 'catalogue']);

/** True when `path` is `directory` or lies below it. */
export function isBelow(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}

/** True for what the kernel mounts in every container: nothing there is the image's. */
export function isKernelInterface(path: string): boolean {
  return KERNEL_INTERFACES.some((directory) => isBelow(path, directory));
}

/** The directory of an absolute path; that of `/` is `/`. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

/** A hostile or sloppy path made absolute and plain: no `.`, `..`, empty component or slash at the end. */
export function plainPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** True for evidence whose path must be resolved; else the kernel or the engine has named the place itself. */
export function isNamedByApplication(evidence: Pick<Evidence, 'collector'>): boolean {
  return NAMED_BY_APPLICATION.has(evidence.collector);
}

/** Where the write lands in the image's tree. */
export function canonicalPath(evidence: Evidence, layout: ImageLayout): string {
  const path = plainPath(evidence.path);
  if (isNamedByApplication(evidence) || path === '/') return plainPath(layout.resolve(path));
  const parent = plainPath(layout.resolve(parentOf(path)));
  return plainPath(`${parent}/${path.slice(path.lastIndexOf('/') + 1)}`);
}

/** The mount that a canonical path lies on: the one with the longest mount point. */
export function mountOf(path: string, layout: ImageLayout, mounts: readonly PlacedMount[]): PlacedMount | undefined {
  let best: { mount: PlacedMount; at: string } | undefined;
  for (const mount of mounts) {
    const at = plainPath(layout.resolve(plainPath(mount.mountPath)));
    if (isBelow(path, at) && (best === undefined || at.length >= best.at.length)) best = { mount, at };
  }
  return best?.mount;
}

/** Places one piece of evidence. */
export function placeEvidence(evidence: Evidence, layout: ImageLayout, mounts: readonly PlacedMount[]): Placement {
  const path = canonicalPath(evidence, layout);
  const unplaced = (because: Unplaced): Placement => ({ evidence, path, directory: undefined, because });
  if (isKernelInterface(path)) return unplaced('kernel-interface');
  if (RUNTIME_FILES.has(path)) return unplaced('runtime-file');
  const mount = mountOf(path, layout, mounts);
  if (mount !== undefined) return unplaced(mount.readOnly ? 'read-only-volume' : 'writable-volume');
  if (evidence.what === 'declared') {
    return evidence.detail === 'WORKDIR' ? unplaced('working-directory') : { evidence, path, directory: path };
  }
  return { evidence, path, directory: volumeFor(evidence, path, layout) };
}

/**
 * The narrowest directory that must be a volume for a write to work.
 * The image's nearest directory, unless a directory made below it will do and that one ships files, which an empty
 * volume would hide. `/` comes out only for a file written directly into it: no volume can help there.
 */
function volumeFor(evidence: Evidence, path: string, layout: ImageLayout): string {
  const own = layout.directory(path);
  const removed = evidence.what === 'delete' || evidence.what === 'rename';
  if (own !== undefined && !removed) return path;
  let below = path;
  let nearest = parentOf(path);
  while (nearest !== '/' && layout.directory(nearest) === undefined) {
    below = nearest;
    nearest = parentOf(nearest);
  }
  const madeDirectory =
    below !== path || evidence.what === 'mkdir' || (evidence.type === 'directory' && own === undefined);
  if (!madeDirectory) return nearest;
  const shipsFiles = nearest === '/' || (layout.directory(nearest)?.shippedFiles ?? 0) > 0;
  return shipsFiles ? below : nearest;
}
