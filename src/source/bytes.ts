/** The bytes of a file or stream, piece by piece, as they are asked for. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** Read at once: most manifests are shorter. */
const CHUNK_BYTES = 512 * 1024;

/** A regular file. What became something else since it was listed gives nothing: a pipe would never end. */
export function* bytesOfFile(path: string): Generator<Uint8Array> {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return;
    let size = Math.min(stats.size + 1, CHUNK_BYTES);
    for (;;) {
      const chunk = Buffer.allocUnsafe(size);
      const length = readSync(descriptor, chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
      size = CHUNK_BYTES;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** A pipe that the user named. */
export async function* bytesOfPipe(path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(path);
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** Standard input: Node reads no further ahead than its own buffer. */
export async function* bytesOfStream(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}
