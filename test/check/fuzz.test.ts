/** A short fuzz of the whole of `check`; the long one makes a hundred thousand streams. */
import { test } from 'node:test';
import { everyBench, hold } from './hold.ts';
import { hostileStream, randomFrom } from './streams.ts';

const STREAMS = 1_500;

test('hostile streams are judged and rendered, each in one of the formats', async () => {
  const benches = await everyBench();
  for (let seed = 0; seed < STREAMS; seed++) {
    const stream = hostileStream(randomFrom(seed));
    try {
      hold(stream, [benches[seed % benches.length]!]);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${JSON.stringify(stream.slice(0, 2000))}`, { cause });
    }
  }
});
