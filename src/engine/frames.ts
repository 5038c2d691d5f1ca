/** The 8-byte frames in which engines interleave stdout and stderr: 1 byte stream, 3 bytes zero, 4 bytes length. */

const HEADER_BYTES = 8;

/** A longer frame than any engine sends (they chunk at 16 to 32 KiB): the stream is not framed at all. */
const LARGEST_FRAME_BYTES = 64 * 1024 * 1024;

export interface Frame {
  readonly stream: 'stdout' | 'stderr';
  readonly data: Buffer;
}

/** Returns a reader that takes chunks as they come and gives the frames that are complete. Throws on what is no frame. */
export function frameReader(): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Frame[] = [];
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt32BE(4);
      if (rest[0]! > 2 || length > LARGEST_FRAME_BYTES) throw new Error('the engine sent a stream that is not framed');
      if (rest.length < HEADER_BYTES + length) break;
      const data = rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      frames.push({ stream: rest[0] === 2 ? 'stderr' : 'stdout', data });
      rest = rest.subarray(HEADER_BYTES + length);
    }
    return frames;
  };
}
