/** The disks of the host: which device nodes may be opened for reading, by the names that the kernel gives them. */
import type { Device } from './devices.ts';
import { S_IFBLK } from './probe/syscalls.ts';

/** Where the kernel lists block devices, for whoever can read /proc. */
export const PARTITIONS = '/proc/partitions';

/**
 * Drivers of disks that do nothing on being opened read-only: no tape moves, no tray closes, no network is asked. Names
 * and not numbers, because those of virtio disks are handed out at boot.
 */
const DISK = /^(?:sd[a-z]{1,2}|vd[a-z]|xvd[a-z]|nvme\d{1,3}n\d{1,3}|mmcblk\d{1,3})$/;

/** Names that a container to which the host's devices were given has most often. */
export const USUAL_DISKS: readonly string[] = ['/dev/sda', '/dev/vda', '/dev/xvda', '/dev/nvme0n1', '/dev/mmcblk0'];

/** A line is longer than this nowhere; more of a hostile text is not read. */
const MOST_LINES = 200;
const LARGEST_MAJOR = 0xfff;
const LARGEST_MINOR = 0xfffff;

/** The first disk in the text of `/proc/partitions`; undefined: none of a known kind. */
export function diskIn(partitions: string): Device | undefined {
  for (const line of partitions.split('\n').slice(0, MOST_LINES)) {
    const [, major, minor, name] = /^\s*(\d{1,4})\s+(\d{1,7})\s+\d+\s+(\S+)$/.exec(line) ?? [];
    if (name === undefined || !DISK.test(name)) continue;
    if (Number(major) > LARGEST_MAJOR || Number(minor) > LARGEST_MINOR) continue;
    return { type: S_IFBLK, major: Number(major), minor: Number(minor) };
  }
  return undefined;
}
