/** Frames come out the same however the stream is cut. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { frameReader } from './frames.ts';

const encode = (stream: 'stdout' | 'stderr', data: Uint8Array) => {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
};

it('reads the same frames from any cut of a stream', () => {
  const frames = fc.array(
    fc.record({
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      data: fc.uint8Array({ maxLength: 40 }),
    }),
  );
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (written, cuts) => {
      let rest = Buffer.concat(written.map(({ stream, data }) => encode(stream, data)));
      const read = frameReader();
      const seen: { stream: string; data: Uint8Array }[] = [];
      for (let index = 0; rest.length > 0; index += 1) {
        const length = cuts[index % cuts.length]!;
        seen.push(
          ...read(rest.subarray(0, length)).map(({ stream, data }) => ({ stream, data: new Uint8Array(data) })),
        );
        rest = rest.subarray(length);
      }
      assert.deepEqual(
        seen,
        written.map(({ stream, data }) => ({ stream, data })),
      );
    }),
  );
});

it('refuses what is not framed', () => {
  assert.throws(() => frameReader()(Buffer.from('plain text, longer than a header')), /not framed/);
});
