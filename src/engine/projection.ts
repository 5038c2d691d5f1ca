/** Volumes made of files: ConfigMaps, Secrets, the downward API and their projections, laid out as the kubelet does. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Failure } from '../failure.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { type Configuration, modeOf, requireEntries, selectItems } from './configuration.ts';
import { fieldValue, type PodFacts, resourceValue } from './environment.ts';

/** The kubelet's mode of a projected file where none is written. */
const DEFAULT_FILE_MODE = 0o644;

/** The folder of a projected volume that `..data` points to; the kubelet names it by the time. */
const DATA_FOLDER = '..2026_01_01_00_00_00.000000000';

/** What file systems hold; paths are below the volume's own. */
const LONGEST_NAME_BYTES = 255;
const LONGEST_PATH = 1024;
/** As much of a refused path as a person wants to read. */
const SHOWN_PATH = 100;

/** One volume, and what its files are made from. */
export interface Projection {
  readonly name: string;
  readonly kind: string;
  readonly source: JsonObject;
  /** Whose resources `resourceFieldRef` means. */
  readonly container: Container;
  readonly facts: PodFacts;
  readonly configuration: Configuration;
  readonly differences: string[];
}

export interface ProjectedFile {
  readonly path: string;
  readonly data: Buffer;
  readonly mode: number;
}

/** The files of a configMap, secret, downwardAPI or projected volume. Throws Failure('bad-manifest') for a missing source. */
export function filesOf(filling: Projection): ProjectedFile[] {
  const { kind, source, differences, name } = filling;
  const standard = modeOf(source.defaultMode) ?? DEFAULT_FILE_MODE;
  if (kind !== 'projected') return filesOfSource(filling, kind, source, standard);
  return listOf(source.sources).flatMap((written) => {
    const part = objectOr(written);
    const partKind = Object.keys(part)[0] ?? '';
    if (['configMap', 'secret', 'downwardAPI'].includes(partKind)) {
      return filesOfSource(filling, partKind, objectOr(part[partKind]), standard);
    }
    differences.push(`Volume ${name} holds a ${partKind} in Kubernetes; it is missing here.`);
    return [];
  });
}

function filesOfSource(
  { facts, configuration, name, container }: Projection,
  kind: string,
  source: JsonObject,
  standard: number,
): ProjectedFile[] {
  const user = `Volume ${name}`;
  if (kind === 'downwardAPI') {
    return listOf(source.items).map((written) => {
      const item = objectOr(written);
      const path = textOf(objectOr(item.fieldRef).fieldPath);
      const text =
        path === undefined ? resourceValue(objectOr(item.resourceFieldRef), container) : fieldValue(path, facts);
      return { path: textOf(item.path) ?? '', data: Buffer.from(text), mode: modeOf(item.mode) ?? standard };
    });
  }
  const what = kind === 'secret' ? 'Secret' : 'ConfigMap';
  const key = typeof source.secretName === 'string' ? 'secretName' : 'name';
  const entries = requireEntries(configuration, what, source, user, key);
  if (!entries) return [];
  return selectItems(entries, source, user).map(({ path, data, mode }) => ({ path, data, mode: mode ?? standard }));
}

/** The kubelet's layout: the files in a folder of their own, `..data` points to it, every name points into `..data`. */
export async function project(directory: string, files: readonly ProjectedFile[]): Promise<void> {
  const folder = join(directory, DATA_FOLDER);
  await makeDirectory(folder, 0o755);
  await symlink(DATA_FOLDER, join(directory, '..data'));
  const names = new Set<string>();
  for (const { relative, data, mode } of placed(files)) {
    const file = join(folder, relative);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, data);
    await chmod(file, mode);
    names.add(relative.split('/')[0]!);
  }
  for (const name of names) await symlink(join('..data', name), join(directory, name));
}

/** Each with its path inside the volume. Throws Failure('bad-manifest') for one that no file can have there. */
function placed(files: readonly ProjectedFile[]): (ProjectedFile & { readonly relative: string })[] {
  const result = files.map((file) => ({ ...file, relative: posix.normalize(file.path) }));
  const folders = new Set(result.flatMap(({ relative }) => parentsOf(relative)));
  for (const { path, relative } of result) {
    const tooLong = relative.split('/').some((part) => Buffer.byteLength(part) > LONGEST_NAME_BYTES);
    const impossible =
      path === '' ||
      path.includes('\0') ||
      relative === '.' ||
      relative.endsWith('/') ||
      relative.length > LONGEST_PATH;
    if (impossible || tooLong || relative.startsWith('..') || posix.isAbsolute(relative)) {
      throw new Failure('bad-manifest', `A projected file cannot be at ${JSON.stringify(path.slice(0, SHOWN_PATH))}.`);
    }
    if (folders.has(relative)) {
      throw new Failure('bad-manifest', `A projected file cannot be at "${path}", below which are others.`);
    }
  }
  return result;
}

function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Makes it with exactly this mode, parents as needed. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, mode); // mkdir's mode is cut by the umask
}
