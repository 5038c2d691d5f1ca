/** Puts the programs and their maps into the kernel and reads what they hand over. */
import { type Bpf, loadBpf, MAP } from './bpf.ts';
import {
  capabilityProgram,
  enterProgram,
  exitProgram,
  familyKey,
  MACHINES,
  MAX_NAMESPACES,
  type Maps,
  SCRATCH_BYTES,
} from './programs.ts';
import { type CallRecord, decodeRecord, KEY, PATH_BYTES, RECORD, SUCCESS_KEY_BYTES, textOf } from './record.ts';
import { CALL_NUMBERS, callsOf, specOf } from './table.ts';

/** Different refused calls of one pod: 4 MiB of keys. Far more than a working server makes. */
export const MAX_REFUSED = 8192;
/** Different privileged calls of one pod that succeeded. */
const MAX_SUCCEEDED = 2048;
/** Calls that wait to be read, 2 MiB; we read every few milliseconds. */
const MAX_WAITING = 4096;
/** Threads in the middle of a call of the table; the longest-waiting is forgotten first. */
const MAX_PENDING = 8192;
/** Processes whose parents and directories are remembered; the oldest are forgotten first. */
const MAX_FAMILY = 8192;

/** The kernel's side of the collector. */
export interface KernelSide {
  /** It says itself which capabilities were used; else that is concluded from the calls. */
  readonly tellsCapabilities: boolean;
  /** Follows everything in a pid namespace. Throws when there are too many. */
  follow(index: number, device: number, inode: number): void;
  /** The oldest call that was not read yet; undefined: there is none. */
  next(): CallRecord | undefined;
  /** The process that made this one; undefined: not known. Both as their pid namespace counts. */
  parent(namespace: number, process: number): number | undefined;
  /** Where it last changed its directory to, in its words ('' where it used a descriptor); undefined: it did not. */
  changedTo(namespace: number, process: number): string | undefined;
  /** How many different calls found no room (at least). */
  lost(): number;
  close(): void;
}

/** Loads everything. Throws an Error that says what the kernel refused; nothing stays in it then. */
export async function openKernelSide(): Promise<KernelSide> {
  const bpf = await loadBpf();
  try {
    const maps = createMaps(bpf);
    const value = Buffer.alloc(8);
    for (const [number, call] of callsOf(process.arch)) {
      value.writeBigUInt64LE(specOf(call));
      bpf.update(maps.specs, indexKey(number), value);
    }
    // The end first: what begins before both are there is not remembered, and so never half seen.
    bpf.attach('sys_exit', exitProgram(maps));
    bpf.attach('sys_enter', enterProgram(maps, MACHINES[process.arch]!));
    return sideOf(bpf, maps, attachCapabilities(bpf, maps));
  } catch (error) {
    bpf.close();
    throw error;
  }
}

/** Kernels before 6.14 do not say which capability they ask for. */
function attachCapabilities(bpf: Bpf, maps: Maps): boolean {
  try {
    bpf.attach('cap_capable', capabilityProgram(maps));
    return true;
  } catch {
    return false;
  }
}

function sideOf(bpf: Bpf, maps: Maps, tellsCapabilities: boolean): KernelSide {
  const record = Buffer.alloc(RECORD.bytes);
  return {
    tellsCapabilities,
    follow(index, device, inode) {
      if (index >= MAX_NAMESPACES) throw new Error(`more than ${MAX_NAMESPACES} process namespaces in one pod`);
      const namespace = Buffer.alloc(16);
      namespace.writeBigUInt64LE(BigInt(device), 0);
      namespace.writeBigUInt64LE(BigInt(inode), 8);
      bpf.update(maps.namespaces, indexKey(index), namespace);
    },
    next() {
      while (bpf.pop(maps.queue, record)) {
        const decoded = decodeRecord(record);
        if (decoded !== undefined) return decoded;
      }
      return undefined;
    },
    parent(namespace, process) {
      const parent = Buffer.alloc(4);
      return bpf.lookup(maps.parents, familyKey(namespace, process), parent) ? parent.readUInt32LE() : undefined;
    },
    changedTo(namespace, process) {
      const path = Buffer.alloc(PATH_BYTES);
      return bpf.lookup(maps.directories, familyKey(namespace, process), path) ? textOf(path) : undefined;
    },
    lost() {
      const count = Buffer.alloc(8);
      bpf.lookup(maps.lost, indexKey(0), count);
      return Number(count.readBigUInt64LE());
    },
    close: () => bpf.close(),
  };
}

function createMaps(bpf: Bpf): Maps {
  const { array, perCpuArray, lruHash, hash, queue } = MAP;
  const index = { keyBytes: 4 };
  return {
    specs: bpf.createMap('specs', { type: array, ...index, valueBytes: 8, entries: CALL_NUMBERS }),
    namespaces: bpf.createMap('namespaces', { type: array, ...index, valueBytes: 16, entries: MAX_NAMESPACES }),
    scratch: bpf.createMap('scratch', { type: perCpuArray, ...index, valueBytes: SCRATCH_BYTES, entries: 2 }),
    pending: bpf.createMap('pending', { type: lruHash, keyBytes: 8, valueBytes: RECORD.bytes, entries: MAX_PENDING }),
    refused: bpf.createMap('refused', { type: hash, keyBytes: KEY.bytes, valueBytes: 8, entries: MAX_REFUSED }),
    succeeded: bpf.createMap('succeeded', {
      type: hash,
      keyBytes: SUCCESS_KEY_BYTES,
      valueBytes: 8,
      entries: MAX_SUCCEEDED,
    }),
    parents: bpf.createMap('parents', { type: lruHash, keyBytes: 8, valueBytes: 4, entries: MAX_FAMILY }),
    directories: bpf.createMap('directories', {
      type: lruHash,
      keyBytes: 8,
      valueBytes: PATH_BYTES,
      entries: MAX_FAMILY,
    }),
    queue: bpf.createMap('queue', { type: queue, keyBytes: 0, valueBytes: RECORD.bytes, entries: MAX_WAITING }),
    lost: bpf.createMap('lost', { type: array, ...index, valueBytes: 8, entries: 1 }),
  };
}

function indexKey(index: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32LE(index);
  return key;
}
