/** Bytes → text: UTF-8, or UTF-16 where a byte order mark says so; what is neither is refused at its line. */
import type { Unreadable } from '../manifest/document.ts';

/** Thrown by `decoded`; `line` counts from 1. */
export class NotText extends Error {
  readonly line: number;

  constructor(line: number) {
    super('is not UTF-8 text');
    this.line = line;
  }
}

/** The encoding that the first bytes tell. */
export function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return 'utf-8';
}

/** The text of a stream, byte order mark and all. Throws `NotText` behind the text that is well-formed, to the last whole line. */
export async function* decoded(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  let line = 1;
  let head: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    let bytes = chunk;
    if (!decoder) {
      head = Buffer.concat([head, chunk]);
      if (head.length < 2) continue;
      bytes = head;
      decoder = decoderFor(bytes);
    }
    const text = attempt(() => decoder!.decode(bytes, { stream: true }));
    if (text === undefined) {
      const good = Buffer.from(bytes).toString('utf8').split('\uFFFD', 1)[0]!;
      throw new NotText(line + breaks(good));
    }
    line += breaks(text);
    if (text !== '') yield text;
  }
  decoder ??= decoderFor(head);
  const left = head.length < 2 ? head : new Uint8Array();
  const text = attempt(() => decoder!.decode(left));
  if (text === undefined) throw new NotText(line);
  if (text !== '') yield text;
}

/** What is said of a file that is no text. */
export function notText(file: string, { line, message }: NotText): Unreadable {
  return { file, line, message, hint: 'give YAML or JSON in UTF-8' };
}

function decoderFor(bytes: Uint8Array): TextDecoder {
  return new TextDecoder(encodingOf(bytes), { fatal: true, ignoreBOM: true });
}

function attempt(decode: () => string): string | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function breaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
