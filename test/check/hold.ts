/** The laws that every stream is held to, whatever stands in it. */
import assert from 'node:assert/strict';
import { type Bench, judgeTexts } from '../../src/check/judge-text.ts';
import { benchOf, type Order } from '../../src/check/order.ts';
import { LATEST } from '../../src/controls/kubernetes-version.ts';
import { glanceAt } from '../../src/manifest/glance.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import { splitDocuments } from '../../src/manifest/split.ts';
import { FORMATS } from '../../src/report/format.ts';
import { piecesOf } from '../../src/report/pieces.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { isOfNoUse } from '../../src/workload/pass-over.ts';
import { unjudgedImages } from '../../src/workload/unjudged.ts';

/** Longest that one stream may take in all formats together, in milliseconds; most take one. */
const MAX_MS = 5_000;

/** A bench for every format that there is, all at the level that looks at most. */
export async function everyBench(): Promise<Bench[]> {
  const rules: Order['rules'] = {
    level: 'strict',
    failOn: 'finding',
    target: LATEST,
    today: '2026-01-01',
    off: new Set(),
    exceptions: [],
    known: undefined,
  };
  const order = { rules, images: new Map(), colour: false, version: '1' };
  return Promise.all(FORMATS.map((format) => benchOf({ ...order, format })));
}

/** Judges and renders a stream in every format: nothing throws, hangs, or is passed over that the reader would judge. */
export function hold(stream: string, benches: readonly Bench[]): void {
  const start = performance.now();
  const text = { file: 'a.yaml', text: stream };
  for (const bench of benches) {
    const { workloads, objects, unreadable, notices, tally } = judgeTexts([text], bench);
    let characters = 0;
    const pieces = piecesOf(bench.format, (part) => {
      characters += part.length;
    });
    for (const piece of workloads) pieces.workload(piece);
    for (const piece of objects) pieces.object(piece);
    pieces.close({ tally, unreadable, notices });
    assert.ok(characters > 0 || stream !== '');
  }
  const took = performance.now() - start;
  assert.ok(took < MAX_MS, `took ${took.toFixed(0)} ms`);
  const ranges = splitDocuments(stream);
  for (const document of readDocuments(text).documents) {
    const glance = glanceAt(stream, ranges[document.index]!);
    if (glance === undefined || !isOfNoUse(glance)) continue;
    const workloads = findWorkloads(document);
    assert.equal(workloads.length, 0, 'a workload was passed over');
    assert.equal(unjudgedImages(document, workloads).length, 0, 'an image was passed over');
  }
}
