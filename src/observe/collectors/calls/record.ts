/** One system call as the kernel's programs hand it over: bytes at fixed places, read without trust. */

/** What is told apart: two calls with the same bytes here are reported once. At most 512 bytes, the limit of older kernels. */
export const KEY = {
  namespace: 0,
  number: 4,
  result: 8,
  uid: 12,
  a: 16,
  b: 24,
  directory: 32,
  process: 36,
  first: 40,
  second: 352,
  bytes: 512,
} as const;

/** Of a call that succeeded only so much is told apart: who, which, with which numbers; not the path. */
export const SUCCESS_KEY_BYTES = KEY.directory;

/** Longer paths are cut: their directory is still right. */
export const PATH_BYTES = KEY.second - KEY.first;
export const SECOND_PATH_BYTES = KEY.bytes - KEY.second;

/** The rest of a record, behind the key. */
export const RECORD = { process: 512, thread: 516, comm: 520, success: 536, bytes: 544 } as const;

export type Errno = 'EPERM' | 'EACCES' | 'EROFS';

const ERRNOS: Readonly<Record<number, Errno>> = { [-1]: 'EPERM', [-13]: 'EACCES', [-30]: 'EROFS' };

/** One call as it was made. */
export interface CallRecord {
  /** Index of the followed pid namespace. */
  readonly namespace: number;
  /** The call's number on this machine. */
  readonly number: number;
  /** undefined: it succeeded. */
  readonly errno: Errno | undefined;
  /** User of the caller, as the host counts. */
  readonly uid: number;
  /** Two of its arguments, as the table says. */
  readonly a: bigint;
  readonly b: bigint;
  /** The directory descriptor that a relative path starts at, or the descriptor that was meant; AT_FDCWD: -100. */
  readonly directory: number;
  /** Its first path, or a socket's address, zero behind its end. */
  readonly first: Buffer;
  readonly second: string;
  /** The process, as its own pid namespace counts, and its name. */
  readonly process: number;
  readonly comm: string;
}

/** Reads a record; undefined for bytes that are none. */
export function decodeRecord(bytes: Buffer): CallRecord | undefined {
  if (bytes.length < RECORD.bytes) return undefined;
  const result = bytes.readInt32LE(KEY.result);
  const errno = ERRNOS[result];
  if (result !== 0 && errno === undefined) return undefined;
  return {
    namespace: bytes.readUInt32LE(KEY.namespace),
    number: bytes.readUInt32LE(KEY.number),
    errno,
    uid: bytes.readUInt32LE(KEY.uid),
    a: bytes.readBigUInt64LE(KEY.a),
    b: bytes.readBigUInt64LE(KEY.b),
    directory: bytes.readInt32LE(KEY.directory),
    first: Buffer.from(bytes.subarray(KEY.first, KEY.second)),
    second: textOf(bytes.subarray(KEY.second, KEY.bytes)),
    process: bytes.readUInt32LE(RECORD.process),
    // A process names itself as it likes.
    comm: textOf(bytes.subarray(RECORD.comm, RECORD.success)).replace(/\p{Cc}/gu, '?'),
  };
}

/** A C string as text. */
export function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
}
