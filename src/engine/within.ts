/** Opens a path below a directory that a container may be changing at the same time: no step of it ever leaves. */
import { constants } from 'node:fs';
import { chmod, chown, type FileHandle, mkdir, open, readlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { Failure } from '../failure.ts';
import type { IdRange } from './engine.ts';
import { hostId } from './user-namespace.ts';

/** Linux’ O_PATH, which Node does not name: the place itself, without opening a device or a pipe. */
const O_PATH = 0o10000000;
const LINUX = process.platform === 'linux';
const PLACE = LINUX ? O_PATH : constants.O_NONBLOCK;

/** As many links as the kernel follows. */
const LINK_LIMIT = 40;
/** Each step holds a descriptor. */
const STEP_LIMIT = 128;

/** What a path must not be, or become while it is followed. */
const BAD_PATH = ['ENOTDIR', 'EINVAL', 'ELOOP', 'ENAMETOOLONG', 'EEXIST', 'ERR_INVALID_ARG_VALUE'];

interface Place {
  readonly handle: FileHandle;
  /** Without links, relative to the directory; '' is the directory itself. */
  readonly path: string;
}

interface Way {
  /** What the path is, as the beginning of a sentence that refuses it. */
  readonly subject: string;
  /** For directories that are made where nothing is there; undefined: none are made. */
  readonly make?: Making;
}

interface Making {
  readonly mode: number;
  /** The ids of the host that stand for those of the pod whose root shall own them. */
  readonly ids: IdRange | undefined;
}

interface Step extends Pick<Place, 'handle'> {
  readonly name: string;
}

/**
 * Calls `use` with what is at `path` below `root`; relative links are followed inside. Every step is taken from the
 * descriptor of the one before, so nothing is ever read, made or changed elsewhere, whatever is exchanged meanwhile.
 * Throws Failure('bad-manifest') for a path that leaves or leads through a file, and the system's ENOENT without `make`.
 */
export async function within<T>(root: string, path: string, way: Way, use: (place: Place) => Promise<T>): Promise<T> {
  const opened: FileHandle[] = [];
  try {
    return await use(await walk(root, path, way, opened));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Failure || !BAD_PATH.includes(code ?? '')) throw error;
    throw new Failure('bad-manifest', `${way.subject} cannot be followed (${code}).`, { cause: error });
  } finally {
    await Promise.all(opened.map((handle) => handle.close()));
  }
}

async function walk(root: string, path: string, { subject, make }: Way, opened: FileHandle[]): Promise<Place> {
  const outside = new Failure('bad-manifest', `${subject} leaves its volume.`);
  const keep = (handle: FileHandle) => {
    opened.push(handle);
    return handle;
  };
  const steps: Step[] = [{ name: root, handle: keep(await open(root, constants.O_DIRECTORY | PLACE)) }];
  let rest = partsOf(path);
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest;
    rest = others;
    if (name === '..') {
      if (steps.length === 1) throw outside;
      steps.pop();
      continue;
    }
    if (opened.length > STEP_LIMIT || links > LINK_LIMIT) throw new Failure('bad-manifest', `${subject} is too long.`);
    const at = posix.join(LINUX ? `/proc/self/fd/${steps.at(-1)!.handle.fd}` : namesOf(steps), name);
    const handle = await openPlace(at, make);
    if (handle && !(await keep(handle).stat()).isSymbolicLink()) {
      steps.push({ name, handle });
      continue;
    }
    const target = await readlink(at);
    if (posix.isAbsolute(target)) throw outside;
    links += 1;
    rest = [...partsOf(target), ...rest];
  }
  return { handle: steps.at(-1)!.handle, path: namesOf(steps.slice(1)) };
}

/** undefined: a link, where the system does not open one. */
async function openPlace(at: string, make: Making | undefined): Promise<FileHandle | undefined> {
  try {
    return await open(at, constants.O_NOFOLLOW | PLACE);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ELOOP' && !LINUX) return undefined;
    if (code !== 'ENOENT' || make === undefined) throw error;
  }
  await mkdir(at);
  const made = await open(at, constants.O_NOFOLLOW | constants.O_DIRECTORY | constants.O_RDONLY);
  try {
    if (make.ids) {
      const { uid, gid } = await made.stat(); // the group may be inherited
      await made.chown(hostId(uid, make.ids), hostId(gid, make.ids));
    }
    await made.chmod(make.mode); // mkdir's mode is cut by the umask
    return made;
  } catch (error) {
    await made.close();
    throw error;
  }
}

/** Changes the mode, and the group where one is given, of what is at `path` below `root`; links to elsewhere are refused. Linux only. */
export async function chmodWithin(root: string, path: string, mode: number, gid?: number): Promise<void> {
  await within(root, path, { subject: `The path ${path}` }, async ({ handle }) => {
    const place = `/proc/self/fd/${handle.fd}`;
    if (gid !== undefined) await chown(place, (await handle.stat()).uid, gid);
    await chmod(place, mode);
  });
}

const partsOf = (path: string) => path.split('/').filter((part) => part !== '' && part !== '.');

const namesOf = (steps: readonly Step[]) => posix.join('', ...steps.map(({ name }) => name)).replace(/^\.$/, '');
