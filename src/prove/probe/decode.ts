/** Reads what a probe wrote to stdout: one 8-byte little-endian return value per call, then its buffers. */
import { errnoOf } from './errno.ts';
import { type Call, frameOf, type Output, type Program } from './program.ts';

export interface Report {
  /** What a call returned, negative for an error. */
  value(call: Call): bigint;
  /** The name of the error that a call met; null where it succeeded. */
  errno(call: Call): string | null;
  /** The content of a buffer; meaningful where the call that filled it succeeded. */
  bytes(output: Output): Buffer;
  /** What the program itself wrote to stdout, ahead of its report. */
  readonly written: Buffer;
}

/** undefined: stdout is too short for a report, so the probe did not run to its end. */
export function decode(program: Program, stdout: Buffer): Report | undefined {
  const frame = frameOf(program);
  const start = stdout.length - frame.size;
  if (start < 0) return undefined;
  const value = (call: Call) => {
    const slot = frame.slots.get(call);
    if (slot === undefined) throw new Error(`the call ${call.name} is not part of this program`);
    return stdout.readBigInt64LE(start + slot);
  };
  return {
    value,
    errno: (call) => errnoOf(value(call)),
    bytes(output) {
      const offset = frame.outputs.get(output);
      if (offset === undefined) throw new Error('the buffer is not part of this program');
      return stdout.subarray(start + offset, start + offset + output.output);
    },
    written: stdout.subarray(0, start),
  };
}
