/** A hundred thousand hostile streams through the whole of `check`, from a seed that is printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { everyBench, hold } from './hold.ts';
import { hostileStream, randomFrom } from './streams.ts';

const STREAMS = 100_000;
/** Resident memory after all of them, in bytes: nothing piles up. */
const MAX_MEMORY = 1024 ** 3;

test('a hundred thousand hostile streams: no crash, no hang, nothing passed over, memory bounded', async () => {
  const first = Number(process.env.PETRIFY_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`seed ${first} (PETRIFY_FUZZ_SEED repeats it)`);
  const benches = await everyBench();
  for (let seed = first; seed < first + STREAMS; seed++) {
    const stream = hostileStream(randomFrom(seed));
    try {
      hold(stream, [benches[seed % benches.length]!]);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${JSON.stringify(stream.slice(0, 2000))}`, { cause });
    }
  }
  assert.ok(process.memoryUsage.rss() < MAX_MEMORY);
});
