/** Listens to every change on one filesystem through the kernel's fanotify, by foreign-function calls (koffi). */
import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { decodeEvents, type FanotifyEvent, WRITE_MASK } from './fanotify-events.ts';

/** `FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE | FAN_REPORT_DIR_FID | FAN_REPORT_NAME`: a read never waits. */
const INIT_FLAGS = 0x1 | 0x2 | 0x10 | 0x400 | 0x800;
/** `FAN_MARK_ADD | FAN_MARK_FILESYSTEM`. */
const MARK_FLAGS = 0x1 | 0x100;
const AT_FDCWD = -100;
const O_RDONLY = 0;
const O_DIRECTORY = 0o200000;
/** `O_PATH | O_CLOEXEC`: names the directory without opening it. */
const HANDLE_FLAGS = 0o10000000 | 0o2000000;
/** One read; an event is below 400 bytes, so this is several hundred of them. */
const READ_BYTES = 256 * 1024;
/** Reads in one go before other work of the process gets its turn. */
const READS_PER_DRAIN = 64;

/** The three calls of libc that are needed. */
export interface FanotifyCalls {
  init(flags: number, eventFlags: number): number;
  mark(descriptor: number, flags: number, mask: number, directory: number, path: string): number;
  openByHandle(mount: number, handle: Buffer, flags: number): number;
  errno(): number;
}

/** Events of one filesystem. */
export interface FilesystemListener {
  /** What happened since the last call, never waiting. `more`: there is more to read. */
  read(): { events: FanotifyEvent[]; more: boolean };
  /** The present path of a directory, below the mount that was given; undefined: it is gone. */
  resolve(directory: Buffer): string | undefined;
  close(): void;
}

/** Binds the calls; throws where koffi is not installed or the C library cannot be found. */
export async function loadFanotify(): Promise<FanotifyCalls> {
  const { default: koffi } = await import('koffi');
  // null: what this process is already linked with, glibc or musl.
  const libc = koffi.load(null);
  return {
    init: libc.func('int fanotify_init(unsigned int flags, unsigned int event_flags)'),
    mark: libc.func('int fanotify_mark(int fd, unsigned int flags, uint64_t mask, int dirfd, const char *path)'),
    openByHandle: libc.func('int open_by_handle_at(int mount_fd, void *handle, int flags)'),
    errno: () => koffi.errno(),
  };
}

/**
 * Starts listening to the filesystem that holds `mountPoint`, the widest mount of it.
 * Throws an Error that says which call failed (Linux before 5.9, missing CAP_SYS_ADMIN, a filesystem without handles).
 */
export function listenToFilesystem(calls: FanotifyCalls, mountPoint: string): FilesystemListener {
  const descriptor = calls.init(INIT_FLAGS, O_RDONLY);
  if (descriptor < 0) throw new Error(`fanotify_init failed (errno ${calls.errno()})`);
  let mount: number;
  try {
    if (calls.mark(descriptor, MARK_FLAGS, WRITE_MASK, AT_FDCWD, mountPoint) < 0) {
      throw new Error(`fanotify_mark on ${mountPoint} failed (errno ${calls.errno()})`);
    }
    mount = openSync(mountPoint, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  const buffer = Buffer.alloc(READ_BYTES);
  return {
    read() {
      const events: FanotifyEvent[] = [];
      for (let reads = 0; reads < READS_PER_DRAIN; reads++) {
        const bytes = readAvailable(descriptor, buffer);
        if (bytes === 0) return { events, more: false };
        events.push(...decodeEvents(buffer.subarray(0, bytes)));
      }
      return { events, more: true };
    },
    resolve(directory) {
      const opened = calls.openByHandle(mount, directory, HANDLE_FLAGS);
      if (opened < 0) return undefined;
      try {
        const path = readlinkSync(`/proc/self/fd/${opened}`);
        return path.endsWith(' (deleted)') ? undefined : path;
      } finally {
        closeSync(opened);
      }
    },
    close() {
      closeSync(mount);
      closeSync(descriptor);
    },
  };
}

/** One read of a non-blocking descriptor; 0 when nothing is there. */
function readAvailable(descriptor: number, buffer: Buffer): number {
  try {
    return readSync(descriptor, buffer, 0, buffer.length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
