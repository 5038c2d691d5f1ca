/** Device nodes that attacks make for themselves: with which numbers, and what refuses to open them. */
import type { ProbeTry } from './attack.ts';
import { newName } from './dropping.ts';
import type { Layer } from './layer.ts';
import { type Call, call, resultOf } from './probe/program.ts';
import { AT_FDCWD, R_OK, type S_IFBLK, S_IFCHR, W_OK } from './probe/syscalls.ts';
import type { Target } from './target.ts';

export interface Device {
  readonly type: typeof S_IFCHR | typeof S_IFBLK;
  readonly major: number;
  readonly minor: number;
}

/** /dev/null: harmless even if somebody opened it, and open to every container. */
export const NULL_DEVICE: Device = { type: S_IFCHR, major: 1, minor: 3 };
/** /dev/kmsg: opening it for writing does nothing until something is written. */
export const KERNEL_LOG: Device = { type: S_IFCHR, major: 1, minor: 11 };
/** /dev/loop-control: opening it may make the kernel load a module. */
export const LOOP_CONTROL: Device = { type: S_IFCHR, major: 10, minor: 237 };

/** As `mknod` takes it. */
export function deviceNumber({ major, minor }: Device): number {
  return (major << 8) | (minor & 0xff) | ((minor & ~0xff) << 12);
}

export const READ = R_OK;
export const READ_AND_WRITE = R_OK | W_OK;

const S_IRUSR_IWUSR = 0o600;

/** A node of one's own in the memory file system for devices. */
function node(target: Target, device: Device, suffix: string): { path: string; made: Call; removed: Call } {
  const path = newName(target, '/dev', suffix);
  const made = call('mknodat', AT_FDCWD, path, device.type | S_IRUSR_IWUSR, deviceNumber(device));
  return { path, made, removed: call('unlinkat', AT_FDCWD, path, 0) };
}

/**
 * Makes a node and asks whether it might be opened: the kernel asks the device cgroup as it would on opening, and no
 * driver hears of it.
 */
export function askForDevice(target: Target, place: string, device: Device, mode: number): ProbeTry {
  const { path, made, removed } = node(target, device, `-${place}`);
  const asked = call('faccessat', AT_FDCWD, path, mode);
  return { place, gain: 'succeeded', program: [made, asked, removed], decisive: [made, asked], ...refusals(target) };
}

/** What `faccessat` is asked where a file is opened to read, to write, or for both: the flags' lowest two bits. */
const MODES = [READ, W_OK, READ_AND_WRITE];
const ACCESS = 3;

/** Makes a node, asks, and opens it; nothing is read or written. */
export function openDevice(target: Target, place: string, device: Device, flags: number): ProbeTry {
  const { path, made, removed } = node(target, device, `-${place}`);
  const asked = call('faccessat', AT_FDCWD, path, MODES[flags & ACCESS]!);
  const opened = call('openat', AT_FDCWD, path, flags);
  const program = [made, asked, opened, call('close', resultOf(opened)), removed];
  return { place, gain: 'succeeded', program, decisive: [made, asked, opened], ...refusals(target) };
}

/** `mknod` wants a capability of the host. */
function refusals(target: Target): Pick<ProbeTry, 'needs' | 'layers'> {
  return { needs: 'MKNOD', layers: layersOf(target) };
}

/**
 * EPERM of `faccessat` is the device cgroup's answer, so that of opening afterwards is not. A node that was made in
 * another user namespace belongs to nobody in this one.
 */
function layersOf({ lsm, userNamespace }: Target): Readonly<Record<string, Layer>> {
  return {
    'faccessat EPERM': 'device cgroup',
    'openat EPERM': lsm === undefined ? 'kernel setting' : 'LSM',
    ...(userNamespace ? { 'faccessat EACCES': 'user namespace' as const } : {}),
  };
}

/** A node that the container was given: whether it might be opened, and with `flags` opening it. */
export function tryGivenDevice(target: Target, place: string, path: string, flags?: number): ProbeTry {
  const asked = call('faccessat', AT_FDCWD, path, READ);
  const common = { place, gain: 'succeeded', layers: layersOf(target) } as const;
  if (flags === undefined) return { ...common, program: [asked], decisive: [asked] };
  const opened = call('openat', AT_FDCWD, path, flags);
  return { ...common, program: [asked, opened, call('close', resultOf(opened))], decisive: [asked, opened] };
}
