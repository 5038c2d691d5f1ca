/** Reads whole manifests, for whoever edits or runs them; what cannot be read is reported, the rest is still read. */
import type { ManifestText, Unreadable } from '../manifest/document.ts';
import { bytesOfFile, bytesOfPipe, bytesOfStream } from './bytes.ts';
import { decoded, encodingOf, NotText, notText } from './decode.ts';
import { unreadableBecause, walkPaths } from './walk.ts';

/** Longest file or standard input, in bytes: a dump of a large cluster fits, an image or a disk does not. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** All files of one run together, in bytes: they are in memory at once, as UTF-16. */
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;
/** Most files of one run: more is a wrong directory (`/`), not a set of manifests. */
const MAX_FILES = 20_000;

export interface Sources {
  readonly texts: ManifestText[];
  readonly unreadable: Unreadable[];
}

interface Reading extends Sources {
  bytes: number;
}

/**
 * The texts at `paths`: a file as it is, a directory with every `.yaml`, `.yml` and `.json` below it in sorted order, a glob,
 * `-` for `stdin`. Never throws for what stands there: a missing file is one entry of `unreadable`.
 */
export async function readSources(
  paths: readonly string[],
  options: { stdin: NodeJS.ReadableStream },
): Promise<Sources> {
  const reading: Reading = { texts: [], unreadable: [], bytes: 0 };
  let files = 0;
  for (const found of walkPaths(paths, { rendered: false })) {
    for (const one of found) {
      if (one.kind === 'unreadable') reading.unreadable.push(one.unreadable);
      else if (one.kind === 'stdin') await readText(reading, '-', bytesOfStream(options.stdin));
      else if (one.kind === 'file') {
        if (++files > MAX_FILES) {
          refuse(
            reading,
            one.path,
            `more than ${MAX_FILES} manifests: the rest was not read`,
            'give a smaller directory',
          );
          return reading;
        }
        await readText(reading, one.path, one.isPipe ? bytesOfPipe(one.path) : bytesOfFile(one.path));
      }
    }
  }
  return reading;
}

type Bytes = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

async function readText(reading: Reading, file: string, bytes: Bytes): Promise<void> {
  try {
    const all = await collect(reading, bytes);
    if (typeof all === 'string') return refuse(reading, file, all, 'give fewer or smaller files');
    if (encodingOf(all) !== 'utf-8') return refuse(reading, file, 'is UTF-16 text', 'write it as UTF-8 first');
    reading.bytes += all.length;
    let text = '';
    for await (const piece of decoded([all])) text += piece;
    reading.texts.push({ file, text });
  } catch (error) {
    reading.unreadable.push(error instanceof NotText ? notText(file, error) : unreadableBecause(file, error));
  }
}

/** Everything that is given, or the sentence why it is too much; stops reading at once then. */
async function collect(reading: Reading, bytes: Bytes): Promise<Buffer | string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_FILE_BYTES) return `is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB`;
    if (reading.bytes + length > MAX_TOTAL_BYTES) {
      return `was not read: all manifests together are larger than ${MAX_TOTAL_BYTES / 1024 / 1024} MiB`;
    }
  }
  return Buffer.concat(chunks, length);
}

function refuse(reading: Reading, file: string, message: string, hint: string): void {
  reading.unreadable.push({ file, line: 1, message, hint });
}
