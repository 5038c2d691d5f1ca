/** However many cores judge, and whenever they are done, the report is the same. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { LATEST } from '../controls/kubernetes-version.ts';
import type { Source, SourceItem } from '../source/source.ts';
import { check } from './check.ts';
import { alone, type Crew, crewFor } from './crew.ts';
import { judgeTexts } from './judge-text.ts';
import { benchOf, type Order } from './order.ts';

const order: Order = {
  rules: {
    level: 'standard',
    failOn: 'finding',
    target: LATEST,
    today: '2026-01-01',
    off: new Set(),
    exceptions: [],
    known: undefined,
  },
  images: new Map(),
  format: 'json',
  colour: false,
  version: '1',
};

const DOCUMENTS = 60;
/** Longer than a batch, so that one text is one batch. */
const PADDING = `# ${'x'.repeat(300_000)}\n`;

function document(index: number): string {
  if (index % 7 === 3) return 'kind: {\n';
  if (index % 5 === 2) return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c${index}}\n`;
  return `apiVersion: v1\nkind: Pod\nmetadata: {name: p${index}}\nspec: {containers: [{name: a, image: b}]}\n`;
}

/** The same documents cut into files of the given lengths; some places hold a notice instead. */
function itemsOf(lengths: readonly number[], padded: boolean): SourceItem[] {
  const items: SourceItem[] = [];
  let next = 0;
  for (const [file, length] of lengths.entries()) {
    const documents = Array.from({ length }, () => document(next++));
    const text = `${padded && file % 4 === 0 ? PADDING : ''}${documents.map((one) => `---\n${one}`).join('')}`;
    items.push({ text: { file: `f${file}`, text } });
    if (file % 6 === 5) items.push({ notice: { file: `f${file}`, message: 'passed over' } });
    if (file % 6 === 2) items.push({ unreadable: { file: `g${file}`, line: 1, message: 'permission denied' } });
  }
  return items;
}

async function reportOf(source: Source, crew?: Crew): Promise<string> {
  const bench = await benchOf(order);
  let report = '';
  await check(
    source,
    bench,
    (text) => {
      report += text;
    },
    crew ?? alone(bench),
  );
  return report;
}

/** Names carry the place of their document in the input. */
function assertInOrder(report: string): void {
  const places = JSON.parse(report).workloads.map(({ name }: { name: string }) => Number(name.slice(1)));
  assert.deepEqual(
    places,
    places.toSorted((a: number, b: number) => a - b),
  );
}

async function* streamed(items: readonly SourceItem[], delays: readonly number[] = []): Source {
  for (const [index, item] of items.entries()) {
    const delay = delays[index % Math.max(delays.length, 1)];
    if (delay) await sleep(delay);
    yield item;
  }
}

describe('crewFor', () => {
  test('workers and this core together print the bytes that one core prints', async () => {
    const bench = await benchOf(order);
    for (const lengths of [Array(DOCUMENTS).fill(1), Array(12).fill(5), [1, 30, 2, 20, 7], [DOCUMENTS]]) {
      const items = itemsOf(lengths, true);
      const expected = await reportOf(streamed(items));
      assert.ok(JSON.parse(expected).workloads.length > 20);
      assertInOrder(expected);
      for (const workers of [1, 2]) {
        const crew = crewFor(order, bench, { workers, startAfter: 0 });
        assert.equal(await reportOf(streamed(items, [0, 3, 0, 7]), crew), expected);
      }
    }
  });

  test('a small input starts no worker', async () => {
    const bench = await benchOf(order);
    const crew = crewFor(order, bench);
    const { result } = await crew.judge([{ file: 'a', text: document(0) }]);
    assert.equal((await result).workloads.length, 1);
    assert.ok(!process.getActiveResourcesInfo().includes('MessagePort'));
    await crew.end();
  });
});

describe('check', () => {
  test('keeps the order of the input, in whatever order the results come', async () => {
    const bench = await benchOf(order);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 12 }),
        async (lengths, delays) => {
          let taken = 0;
          const shuffled: Crew = {
            judge: async (texts) => {
              const delay = delays[taken++ % delays.length]!;
              return { result: sleep(delay).then(() => judgeTexts(texts, bench)) };
            },
            end: async () => {},
          };
          const items = itemsOf(lengths, true);
          const report = await reportOf(streamed(items), shuffled);
          assertInOrder(report);
          assert.equal(report, await reportOf(streamed(items)));
        },
      ),
      { numRuns: 40 },
    );
  });

  test('a failure of whoever judges is a failure of check, and nobody is left behind', async () => {
    let ended = 0;
    const broken: Crew = {
      judge: async () => ({ result: Promise.reject(new Error('out of memory')) }),
      end: async () => {
        ended += 1;
      },
    };
    await assert.rejects(reportOf(streamed(itemsOf([1, 2], false)), broken), /out of memory/);
    assert.equal(ended, 1);
  });
});
