/** One FastCGI request, as a web server passes it on. */
import { speak } from '../dialogue.ts';

const [BEGIN, END, PARAMETERS, INPUT, OUTPUT] = [1, 3, 4, 5, 6];
const RESPONDER = Buffer.from([0, 1, 0, 0, 0, 0, 0, 0]);
const HEADER_BYTES = 8;
const MAX_CONTENT = 65_528;

/** @returns the script's whole output: headers, an empty line, the body */
export async function fastCgi(
  host: string,
  port: number,
  parameters: Readonly<Record<string, string>>,
  input: Buffer,
): Promise<string> {
  const pairs = Object.entries(parameters).map(([name, value]) => pair(name, value));
  return speak(host, port, async ({ send, answer }) => {
    send(
      Buffer.concat([record(BEGIN, RESPONDER), ...stream(PARAMETERS, Buffer.concat(pairs)), ...stream(INPUT, input)]),
    );
    const received = await answer((bytes) => recordsOf(bytes).some(({ type }) => type === END));
    const output = recordsOf(received).filter(({ type }) => type === OUTPUT);
    return Buffer.concat(output.map(({ content }) => content)).toString();
  });
}

function record(type: number, content: Buffer): Buffer {
  const header = Buffer.from([1, type, 0, 1, 0, 0, 0, 0]);
  header.writeUInt16BE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** A stream ends with an empty record. */
function stream(type: number, content: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < content.length; at += MAX_CONTENT) {
    records.push(record(type, content.subarray(at, at + MAX_CONTENT)));
  }
  return [...records, record(type, Buffer.alloc(0))];
}

function pair(name: string, value: string): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(2 ** 31 + Buffer.byteLength(name), 0);
  lengths.writeUInt32BE(2 ** 31 + Buffer.byteLength(value), 4);
  return Buffer.concat([lengths, Buffer.from(name + value)]);
}

/** The records that are whole already. */
function recordsOf(bytes: Buffer): { type: number; content: Buffer }[] {
  const records: { type: number; content: Buffer }[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + HEADER_BYTES + bytes.readUInt16BE(at + 4);
    if (end > bytes.length) break;
    records.push({ type: bytes[at + 1]!, content: bytes.subarray(at + HEADER_BYTES, end) });
    at = end + bytes[at + 6]!;
  }
  return records;
}
