/** Finds in the kernel's log whether it killed a process of a container for its memory: not every engine can tell. */
import { closeSync, constants, openSync, readSync } from 'node:fs';

/** The kernel hands out one record a read, none longer than this. */
const RECORD_BYTES = 8192;

/** More records than any kernel's buffer holds: the log may grow as fast as it is read. */
const MOST_RECORDS = 200_000;

/** Only of this machine's containers. false as well where the log may not be read. */
export function killedForMemory(containerId: string): boolean {
  let log: number;
  try {
    log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return false;
  }
  try {
    const record = Buffer.alloc(RECORD_BYTES);
    for (let left = MOST_RECORDS; left > 0; left -= 1) {
      const length = next(log, record);
      if (length === undefined) return false;
      const text = record.toString('latin1', 0, length);
      if (text.includes('oom-kill:') && text.includes('CONSTRAINT_MEMCG') && text.includes(containerId)) return true;
    }
    return false;
  } finally {
    closeSync(log);
  }
}

/** undefined: that was all. */
function next(log: number, record: Buffer): number | undefined {
  try {
    return readSync(log, record, 0, record.length, null);
  } catch (error) {
    // Records were overwritten meanwhile; the next read goes on with the oldest that is left.
    return (error as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : undefined;
  }
}
