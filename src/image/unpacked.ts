/** Takes the compression off a stream, whichever it has. */
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';

const MAGIC_BYTES = 4;
const GZIP_MAGIC = 0x8b1f;
const ZSTD_MAGIC = 0xfd2fb528;

/** Uncompressed, gzip or zstd, told by the first bytes. Errors of either end are errors of what is read. */
export async function unpacked(stream: NodeJS.ReadableStream): Promise<Readable> {
  const source = stream instanceof Readable ? stream : Readable.from(stream);
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  let done = false;
  while (head.length < MAGIC_BYTES && !done) {
    const next = await iterator.next();
    if (next.done) done = true;
    else head = Buffer.concat([head, next.value]);
  }
  const whole = Readable.from(
    (async function* () {
      try {
        if (head.length > 0) yield head;
        while (!done) {
          const next = await iterator.next();
          if (next.done) return;
          yield next.value;
        }
      } finally {
        source.destroy();
      }
    })(),
    { objectMode: false },
  );
  const magic = head.length >= MAGIC_BYTES ? head.readUInt32LE(0) : 0;
  if (magic === ZSTD_MAGIC) return decompressed(whole, createZstdDecompress());
  return (magic & 0xffff) === GZIP_MAGIC ? decompressed(whole, createGunzip()) : whole;
}

function decompressed(source: Readable, through: NodeJS.ReadWriteStream & Readable): Readable {
  return pipeline(source, through, () => {});
}
