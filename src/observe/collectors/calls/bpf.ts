/** The kernel's bpf(2) by foreign-function calls (koffi): maps, programs, and attaching them to raw tracepoints. */
import { closeSync } from 'node:fs';

/** The number of bpf(2), `struct pt_regs` and the like differ by machine; these are the two that the images run on. */
const BPF_CALL: Readonly<Record<string, number>> = { x64: 321, arm64: 280 };

const COMMAND = { mapCreate: 0, mapUpdate: 2, mapLookup: 1, programLoad: 5, tracepointOpen: 17, mapPop: 21 } as const;
export const MAP = { hash: 1, array: 2, perCpuArray: 6, lruHash: 9, queue: 22 } as const;
/** `BPF_PROG_TYPE_RAW_TRACEPOINT`. */
const RAW_TRACEPOINT = 17;
/** A `union bpf_attr` as of Linux 5.7; a newer kernel takes the shorter one, the rest being zero. */
const ATTRIBUTE_BYTES = 120;
const LOG_BYTES = 256 * 1024;
/** The helpers that read strings are open to GPL-compatible programs only; the bytes loaded are offered under both. */
const LICENSE = Buffer.from('Dual MIT/GPL\0');

export interface MapShape {
  readonly type: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  readonly entries: number;
}

/** The calls; each throws an Error that names what the kernel refused and with which errno. */
export interface Bpf {
  /** Creates a map; returns its descriptor. */
  createMap(name: string, shape: MapShape): number;
  update(map: number, key: Buffer, value: Buffer): void;
  /** Reads one value into `value`; false: there is none. */
  lookup(map: number, key: Buffer, value: Buffer): boolean;
  /** Takes the oldest value out of a queue; false: it is empty. */
  pop(map: number, value: Buffer): boolean;
  /** Loads a program and attaches it to a raw tracepoint, until `close`. */
  attach(tracepoint: string, program: Buffer): void;
  /** Closes everything that was opened: nothing of it stays in the kernel. */
  close(): void;
}

/** Binds the call. Throws where koffi is missing or the machine is of another kind. */
export async function loadBpf(): Promise<Bpf> {
  const number = BPF_CALL[process.arch];
  if (number === undefined || process.platform !== 'linux') throw new Error('needs Linux on x64 or arm64');
  const { default: koffi } = await import('koffi');
  const libc = koffi.load(null);
  const syscall = libc.func('long syscall(long number, long command, void *attribute, unsigned long size)');
  const open: number[] = [];
  const attribute = Buffer.alloc(ATTRIBUTE_BYTES);
  const bpf = (command: number): number => Number(syscall(number, command, attribute, ATTRIBUTE_BYTES));
  const pointer = (buffer: Buffer, offset: number) => attribute.writeBigUInt64LE(BigInt(koffi.address(buffer)), offset);
  const opened = (what: string, descriptor: number): number => {
    if (descriptor < 0) throw new Error(`${what} was refused (errno ${koffi.errno()})`);
    open.push(descriptor);
    return descriptor;
  };
  const element = (map: number, key: Buffer | undefined, value: Buffer) => {
    attribute.fill(0).writeUInt32LE(map, 0);
    if (key !== undefined) pointer(key, 8);
    pointer(value, 16);
  };
  const load = (program: Buffer, log?: Buffer): number => {
    attribute.fill(0).writeUInt32LE(RAW_TRACEPOINT, 0);
    attribute.writeUInt32LE(program.length / 8, 4);
    pointer(program, 8);
    pointer(LICENSE, 16);
    if (log !== undefined) {
      attribute.writeUInt32LE(1, 24);
      attribute.writeUInt32LE(log.length, 28);
      pointer(log, 32);
    }
    return bpf(COMMAND.programLoad);
  };
  return {
    createMap(name, { type, keyBytes, valueBytes, entries }) {
      attribute.fill(0);
      for (const [index, field] of [type, keyBytes, valueBytes, entries].entries())
        attribute.writeUInt32LE(field, index * 4);
      return opened(`bpf map ${name}`, bpf(COMMAND.mapCreate));
    },
    update(map, key, value) {
      element(map, key, value);
      if (bpf(COMMAND.mapUpdate) < 0) throw new Error(`bpf map update was refused (errno ${koffi.errno()})`);
    },
    lookup(map, key, value) {
      element(map, key, value);
      return bpf(COMMAND.mapLookup) === 0;
    },
    pop(map, value) {
      element(map, undefined, value);
      return bpf(COMMAND.mapPop) === 0;
    },
    attach(tracepoint, program) {
      let descriptor = load(program);
      if (descriptor < 0) {
        const log = Buffer.alloc(LOG_BYTES);
        descriptor = load(program, log);
        const said = log
          .toString('latin1', 0, Math.max(log.indexOf(0), 0))
          .trim()
          .split('\n')
          .slice(-3)
          .join('; ');
        opened(`bpf program for ${tracepoint}${said && ` (${said})`}`, descriptor);
      } else open.push(descriptor);
      const name = Buffer.from(`${tracepoint}\0`);
      attribute.fill(0);
      pointer(name, 0);
      attribute.writeUInt32LE(descriptor, 8);
      opened(`tracepoint ${tracepoint}`, bpf(COMMAND.tracepointOpen));
    },
    close() {
      // The attachments were opened last: they go first.
      for (const descriptor of open.splice(0).reverse()) closeSync(descriptor);
    },
  };
}
