/** Reads manifests from files, directories and standard input; what cannot be read is reported, the rest is still read. */
import { createReadStream, type Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestText, Unreadable } from '../manifest/document.ts';

/** Longest file or standard input, in bytes: a dump of a large cluster fits, an image or a disk does not. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** All files of one run together, in bytes: they are in memory at once, as UTF-16. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
/** Most files of one run: more is a wrong directory (`/`), not a set of manifests. */
const MAX_FILES = 20_000;

const MANIFEST_NAME = /\.(?:ya?ml|json)$/i;
const PASSED_OVER: ReadonlySet<string> = new Set(['node_modules', '.git']);

export interface Sources {
  readonly texts: ManifestText[];
  readonly unreadable: Unreadable[];
}

interface Reading extends Sources {
  readonly stdin: NodeJS.ReadableStream;
  /** Real paths already read: links may form loops, and a file given twice counts once. */
  readonly seen: Set<string>;
  files: number;
  bytes: number;
}

/**
 * The texts at `paths`: a file as it is, a directory with every `.yaml`, `.yml` and `.json` below it in sorted order, `-` for
 * `stdin`. Never throws for what stands there: a missing file is one entry of `unreadable`.
 */
export async function readSources(
  paths: readonly string[],
  options: { stdin: NodeJS.ReadableStream },
): Promise<Sources> {
  const reading: Reading = { texts: [], unreadable: [], stdin: options.stdin, seen: new Set(), files: 0, bytes: 0 };
  for (const path of paths) await attempt(reading, path, () => readPath(reading, path));
  return { texts: reading.texts, unreadable: reading.unreadable };
}

async function readPath(reading: Reading, path: string): Promise<void> {
  if (path === '-') return readStandardInput(reading);
  if (!(await stat(path)).isDirectory()) return readFile(reading, path);
  const files = reading.files;
  await readDirectory(reading, path);
  if (reading.files === files)
    refuse(reading, path, 'holds no .yaml, .yml or .json file', 'give the directory of the manifests');
}

async function readStandardInput(reading: Reading): Promise<void> {
  if (reading.seen.has('-')) return;
  reading.seen.add('-');
  await readText(reading, '-', reading.stdin);
}

async function readFile(reading: Reading, file: string): Promise<void> {
  if (await isSeen(reading, file)) return;
  if (++reading.files > MAX_FILES) return;
  await readText(reading, file, createReadStream(file));
}

async function readDirectory(reading: Reading, directory: string): Promise<void> {
  if (await isSeen(reading, directory)) return;
  const entries = await readdir(directory, { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (reading.files > MAX_FILES) break;
    const path = join(directory, entry.name);
    await attempt(reading, path, () => readEntry(reading, path, entry));
  }
  if (reading.files > MAX_FILES && !reading.seen.has(TOO_MANY)) {
    reading.seen.add(TOO_MANY);
    refuse(reading, directory, `more than ${MAX_FILES} manifests: the rest was not read`, 'give a smaller directory');
  }
}

/** Marks in `seen` that the limit was reported; no real path is empty. */
const TOO_MANY = '';

async function readEntry(reading: Reading, path: string, entry: Dirent): Promise<void> {
  if (PASSED_OVER.has(entry.name)) return;
  const wanted = MANIFEST_NAME.test(entry.name);
  if (entry.isDirectory()) return readDirectory(reading, path);
  if (entry.isFile()) return wanted ? readFile(reading, path) : undefined;
  if (!entry.isSymbolicLink()) return;
  const target = await stat(path).catch((error: unknown) => {
    if (wanted) throw error;
  });
  if (target?.isDirectory()) await readDirectory(reading, path);
  else if (target?.isFile() && wanted) await readFile(reading, path);
}

/** Pipes (`<(helm template …)`) have no stable real path, so a path that cannot be resolved counts as itself. */
async function isSeen(reading: Reading, path: string): Promise<boolean> {
  const real = await realpath(path).catch(() => path);
  if (reading.seen.has(real)) return true;
  reading.seen.add(real);
  return false;
}

async function readText(reading: Reading, file: string, stream: NodeJS.ReadableStream): Promise<void> {
  const bytes = await collect(reading, stream);
  if (typeof bytes === 'string') {
    refuse(reading, file, bytes, 'give fewer or smaller files');
    return;
  }
  reading.bytes += bytes.length;
  try {
    reading.texts.push({ file, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) });
  } catch {
    const line = bytes.toString('utf8').split('\uFFFD', 1)[0]!.split('\n').length;
    refuse(reading, file, 'is not UTF-8 text', 'give YAML or JSON in UTF-8', line);
  }
}

/** Everything that the stream gives, or the sentence why it is too much; stops reading at once then. */
async function collect(reading: Reading, stream: NodeJS.ReadableStream): Promise<Buffer | string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    chunks.push(bytes);
    length += bytes.length;
    if (length > MAX_FILE_BYTES) return `is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`;
    if (reading.bytes + length > MAX_TOTAL_BYTES) {
      return `was not read: all manifests together are larger than ${MAX_TOTAL_BYTES / 1024 / 1024} MiB`;
    }
  }
  return Buffer.concat(chunks, length);
}

const SENTENCES: Readonly<Record<string, { message: string; hint: string }>> = {
  ENOENT: { message: 'no such file or directory', hint: 'check the path; - reads standard input' },
  ENOTDIR: { message: 'no such file: a part of its path is not a directory', hint: 'check the path' },
  EACCES: { message: 'permission denied', hint: 'run as a user who may read it' },
  EPERM: { message: 'permission denied', hint: 'run as a user who may read it' },
  ELOOP: { message: 'a link that points at itself', hint: 'remove the link' },
};

/** One bad path must not hide the others: system errors become entries, defects are thrown on. */
async function attempt(reading: Reading, path: string, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) throw error;
    const known = SENTENCES[String(error.code)];
    refuse(reading, path, known?.message ?? `cannot be read: ${error.message}`, known?.hint);
  }
}

function refuse(reading: Reading, file: string, message: string, hint?: string, line = 1): void {
  reading.unreadable.push(hint === undefined ? { file, line, message } : { file, line, message, hint });
}
