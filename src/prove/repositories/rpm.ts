/** An RPM package: a lead, a header of digests, a header that says what it is, and a gzipped cpio: for dnf and its kin. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Files, PACKAGE, PROGRAM, SUMMARY, seenAt, VERSION } from './packaged.ts';

const RELEASE = '1';
const NAME = `${PACKAGE}-${VERSION}-${RELEASE}`;
const PATH = `rpm/${NAME}.noarch.rpm`;

export const RPM = seenAt(PATH);

export function rpmPackage(): Files {
  const archive = Buffer.concat([
    member(`./usr/bin/${PACKAGE}`, PROGRAM, 0o100755),
    member('TRAILER!!!', Buffer.alloc(0), 0),
  ]);
  const payload = gzipSync(archive);
  const main = header(HEADER_IMMUTABLE, whatItIs(payload));
  const sizes = { size: main.length + payload.length, unpacked: archive.length };
  const digests = header(HEADER_SIGNATURES, [
    [269, string(digestOf('sha1', main))],
    [273, string(digestOf('sha256', main))],
    [1000, integers(sizes.size)],
    [1004, binary(createHash('md5').update(main).update(payload).digest())],
    [1007, integers(sizes.unpacked)],
  ]);
  return new Map([[PATH, Buffer.concat([lead(), padded(digests, 8), main, payload])]]);
}

/** Without these rpm takes the package for one of a different format. */
const NEEDED = {
  'rpmlib(CompressedFileNames)': '3.0.4-1',
  'rpmlib(FileDigests)': '4.6.0-1',
  'rpmlib(PayloadFilesHavePrefix)': '4.0-1',
};
/** Less or equal, and: of rpm itself. */
const NEEDED_FLAGS = 0x100_000a;
const EQUAL = 8;
const SHA256 = 8;

/** By the numbers of rpm's tags, ascending. */
function whatItIs(payload: Buffer): readonly Entry[] {
  return [
    [100, strings('C')],
    [1000, string(PACKAGE)],
    [1001, string(VERSION)],
    [1002, string(RELEASE)],
    [1004, translated(SUMMARY)],
    [1005, translated(SUMMARY)],
    [1009, integers(PROGRAM.length)],
    [1014, string('Apache-2.0')],
    [1016, translated('Unspecified')],
    [1021, string('linux')],
    [1022, string('noarch')],
    // Of the one file: size, mode, device, time, digest, link, flags, owner, group.
    [1028, integers(PROGRAM.length)],
    [1030, shorts(0o100755)],
    [1033, shorts(0)],
    [1034, integers(0)],
    [1035, strings(digestOf('sha256', PROGRAM))],
    [1036, strings('')],
    [1037, integers(0)],
    [1039, strings('root')],
    [1040, strings('root')],
    // One that came from no source would be a source itself.
    [1044, string(`${NAME}.src.rpm`)],
    [1045, integers(0xffff_ffff)],
    [1047, strings(PACKAGE)],
    [1048, integers(...Object.keys(NEEDED).map(() => NEEDED_FLAGS))],
    [1049, strings(...Object.keys(NEEDED))],
    [1050, strings(...Object.values(NEEDED))],
    [1095, integers(1)],
    [1096, integers(1)],
    [1097, strings('')],
    [1112, integers(EQUAL)],
    [1113, strings(`${VERSION}-${RELEASE}`)],
    [1116, integers(0)],
    [1117, strings(PACKAGE)],
    [1118, strings('/usr/bin/')],
    [1124, string('cpio')],
    [1125, string('gzip')],
    [1126, string('9')],
    [5011, integers(SHA256)],
    [5092, strings(digestOf('sha256', payload))],
    [5093, integers(SHA256)],
  ];
}

/** The fixed first 96 bytes; programs read no more of it than that it is there. */
function lead(): Buffer {
  const bytes = Buffer.alloc(96);
  bytes.set([0xed, 0xab, 0xee, 0xdb, 3]);
  bytes.write(NAME, 10, 65);
  bytes.writeUInt16BE(1, 76);
  // What follows is a header of digests.
  bytes.writeUInt16BE(5, 78);
  return bytes;
}

type Entry = readonly [tag: number, value: Value];

interface Value {
  readonly type: number;
  readonly count: number;
  readonly bytes: Buffer;
  /** Where in the store it may begin: at a multiple of this. */
  readonly alignment: number;
}

const value = (type: number, count: number, bytes: Buffer, alignment = 1): Value => ({ type, count, bytes, alignment });
const text = (...all: readonly string[]) => Buffer.from(all.map((each) => `${each}\0`).join(''));
const string = (one: string) => value(6, 1, text(one));
const strings = (...all: readonly string[]) => value(8, all.length, text(...all));
const translated = (one: string) => value(9, 1, text(one));
const binary = (bytes: Buffer) => value(7, bytes.length, bytes);

function integers(...all: readonly number[]): Value {
  const bytes = Buffer.alloc(all.length * 4);
  for (const [index, each] of all.entries()) bytes.writeUInt32BE(each, index * 4);
  return value(4, all.length, bytes, 4);
}

function shorts(...all: readonly number[]): Value {
  const bytes = Buffer.alloc(all.length * 2);
  for (const [index, each] of all.entries()) bytes.writeUInt16BE(each, index * 2);
  return value(3, all.length, bytes, 2);
}

/** Tags of the regions that span a whole header, so that it cannot be added to unseen. */
const HEADER_SIGNATURES = 62;
const HEADER_IMMUTABLE = 63;
const INDEX_BYTES = 16;

/** An index of tags and a store of their values; a region's index entry stands first, its other end last in the store. */
function header(region: number, entries: readonly Entry[]): Buffer {
  let store: Buffer = Buffer.alloc(0);
  const indexes = entries.map(([tag, { type, count, bytes, alignment }]) => {
    store = padded(store, alignment);
    const entry = indexEntry(tag, type, store.length, count);
    store = Buffer.concat([store, bytes]);
    return entry;
  });
  const all = [indexEntry(region, 7, store.length, INDEX_BYTES), ...indexes];
  store = Buffer.concat([store, indexEntry(region, 7, -all.length * INDEX_BYTES, INDEX_BYTES)]);
  const start = Buffer.alloc(16);
  start.set([0x8e, 0xad, 0xe8, 1]);
  start.writeUInt32BE(all.length, 8);
  start.writeUInt32BE(store.length, 12);
  return Buffer.concat([start, ...all, store]);
}

function indexEntry(tag: number, type: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(INDEX_BYTES);
  for (const [index, each] of [tag, type, offset, count].entries()) bytes.writeInt32BE(each, index * 4);
  return bytes;
}

/** A member of a cpio archive of the format `newc`: thirteen numbers in hexadecimal, the name, the content. */
function member(name: string, content: Buffer, mode: number): Buffer {
  const [inode, uid, gid, links, time, devices, nameBytes] = [1, 0, 0, 1, 0, [0, 0, 0, 0], name.length + 1];
  const numbers = [inode, mode, uid, gid, links, time, content.length, ...devices, nameBytes, 0];
  const columns = numbers.map((each) => each.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([padded(Buffer.from(`070701${columns}${name}\0`), 4), padded(content, 4)]);
}

function padded(bytes: Buffer, alignment: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

function digestOf(algorithm: string, bytes: Buffer): string {
  return createHash(algorithm).update(bytes).digest('hex');
}
