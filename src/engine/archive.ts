/** Reads a tar stream entry by entry, never to disk and never further than wanted. */
import { Readable } from 'node:stream';
import { createTarDecoder } from 'modern-tar';

/** What an entry of an archive says of itself. */
export interface ArchiveEntry {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of symlinks and hard links; undefined: neither. */
  readonly linkTarget: string | undefined;
  /** The content, at most `limit` bytes of it. Call it before the next entry is asked for, or not at all. */
  content(limit: number): Promise<Buffer>;
  /** The content as it comes, under the same condition. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Yields the entries in order. Leaving the loop early closes the stream. */
export async function* archiveEntries(stream: NodeJS.ReadableStream): AsyncGenerator<ArchiveEntry> {
  const source = stream instanceof Readable ? stream : Readable.from(stream);
  const entries = Readable.toWeb(source).pipeThrough(createTarDecoder() as never) as ReadableStream<{
    header: { name: string; type?: string; size: number; mode?: number; uid?: number; gid?: number; linkname?: string };
    body: ReadableStream<Uint8Array>;
  }>;
  const reader = entries.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { header, body } = next.value;
      let taken = false;
      yield {
        name: header.name,
        type: header.type ?? 'file',
        size: header.size,
        mode: (header.mode ?? 0) & 0o7777,
        uid: header.uid ?? 0,
        gid: header.gid ?? 0,
        linkTarget: header.type === 'symlink' || header.type === 'link' ? (header.linkname ?? '') : undefined,
        content(limit) {
          taken = true;
          return readBody(body, limit);
        },
        chunks() {
          taken = true;
          return body;
        },
      };
      // Cancelled, it would take the next entry's body with it: the decoder is ahead of us by then.
      if (!taken) await readBody(body, 0);
    }
  } finally {
    source.destroy();
    // Not waited for: with a write under way, the decoder never answers.
    reader.cancel().catch(() => {});
  }
}

async function readBody(body: ReadableStream<Uint8Array>, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    if (bytes < limit) chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks).subarray(0, limit);
}
