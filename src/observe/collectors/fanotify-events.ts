/** The bytes that a fanotify descriptor gives, decoded. Pure; constants and layouts are those of `linux/fanotify.h`. */

/** Event bits that name what happened to an entry of a directory. */
export const FAN = {
  MODIFY: 0x2,
  ATTRIB: 0x4,
  CLOSE_WRITE: 0x8,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  Q_OVERFLOW: 0x4000,
  ONDIR: 0x40000000,
} as const;

/** Everything that changes a directory's entries, a file's content or its attributes. */
export const WRITE_MASK = FAN.MODIFY | FAN.ATTRIB | FAN.MOVED_FROM | FAN.MOVED_TO | FAN.CREATE | FAN.DELETE | FAN.ONDIR;

/** One event: the handle of the directory (still to be resolved), the entry's name in it, and who did it. */
export interface FanotifyEvent {
  readonly mask: number;
  readonly pid: number;
  /** `struct file_handle` of the directory, as `open_by_handle_at` takes it; undefined: the event has none (overflow). */
  readonly directory: Buffer | undefined;
  /** Name inside the directory; `.` for the directory itself. */
  readonly name: string;
}

/** `struct fanotify_event_metadata`: length 0, version 4, metadata length 6, mask 8, descriptor 16, pid 20. */
const METADATA_BYTES = 24;
const METADATA_VERSION = 3;
/** `struct fanotify_event_info_header` (4 bytes) and the filesystem id (8) before the handle. */
const INFO_HEADER_BYTES = 4;
const FSID_BYTES = 8;
/** `FAN_EVENT_INFO_TYPE_DFID_NAME` and `FAN_EVENT_INFO_TYPE_DFID`. */
const DIRECTORY_AND_NAME = 2;
const DIRECTORY_ONLY = 3;
/** `struct file_handle`: byte count and type before the opaque bytes; the kernel's own limit of those. */
const HANDLE_HEADER_BYTES = 8;
const MAX_HANDLE_BYTES = 128;

/** Decodes one record of an event; undefined where it is of another kind or malformed. */
function decodeInfo(info: Buffer): Pick<FanotifyEvent, 'directory' | 'name'> | undefined {
  const type = info.readUInt8(0);
  if (type !== DIRECTORY_AND_NAME && type !== DIRECTORY_ONLY) return undefined;
  const start = INFO_HEADER_BYTES + FSID_BYTES;
  if (info.length < start + HANDLE_HEADER_BYTES) return undefined;
  const handleBytes = info.readUInt32LE(start);
  const end = start + HANDLE_HEADER_BYTES + handleBytes;
  if (handleBytes > MAX_HANDLE_BYTES || end > info.length) return undefined;
  const zero = info.indexOf(0, end);
  const name = type === DIRECTORY_ONLY ? '.' : info.toString('utf8', end, zero < 0 ? info.length : zero);
  return { directory: Buffer.from(info.subarray(start, end)), name };
}

/** All events of one read, in order. Stops at the first malformed one: lengths after it cannot be trusted. */
export function decodeEvents(bytes: Buffer): FanotifyEvent[] {
  const events: FanotifyEvent[] = [];
  let offset = 0;
  while (offset + METADATA_BYTES <= bytes.length) {
    const length = bytes.readUInt32LE(offset);
    const version = bytes.readUInt8(offset + 4);
    let info = bytes.readUInt16LE(offset + 6);
    if (version !== METADATA_VERSION || info < METADATA_BYTES || length < info || offset + length > bytes.length) break;
    // Bits above 32 are filesystem errors and the like, which are not asked for.
    const mask = bytes.readUInt32LE(offset + 8);
    const pid = bytes.readInt32LE(offset + 20);
    let entry: Pick<FanotifyEvent, 'directory' | 'name'> = { directory: undefined, name: '.' };
    while (info + INFO_HEADER_BYTES <= length) {
      const size = bytes.readUInt16LE(offset + info + 2);
      if (size < INFO_HEADER_BYTES || info + size > length) break;
      entry = decodeInfo(bytes.subarray(offset + info, offset + info + size)) ?? entry;
      info += size;
    }
    events.push({ mask, pid, ...entry });
    offset += length;
  }
  return events;
}
