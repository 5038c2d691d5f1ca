/** Whole `petrify check` of a 5,000-document stream, measured against merely parsing the workload documents in it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { load, parseEvents } from 'js-yaml';
import { check } from '../src/cli/commands/check.ts';
import { generateDocuments, streamOf } from './manifests.ts';
import { type BenchRow, interleaved } from './measure.ts';

const DOCUMENTS = 5_000;
/** Whole `check` should cost no more than parsing the workloads twice. */
const GOAL = 2;

/**
 * The command itself, from the file to the JSON report, against two readings of "merely parsing": the parser's events
 * alone, which nobody can use as they are, and the plain values that every other tool starts from.
 */
export default async function bench(): Promise<BenchRow[]> {
  const generated = generateDocuments(DOCUMENTS);
  const text = streamOf(generated);
  const workloads = generated.filter((document) => document.workload).map((document) => document.text);
  const folder = mkdtempSync(join(tmpdir(), 'petrify-bench-'));
  try {
    const file = join(folder, 'stream.yaml');
    writeFileSync(file, text);
    const [values, events, whole] = await interleaved([
      () => workloads.map((workload) => load(workload)),
      () => workloads.map((workload) => parseEvents(workload, {}).length),
      () => checkFile(file),
    ]);
    const size = `${DOCUMENTS} documents, ${(text.length / 1e6).toFixed(1)} MB`;
    return [
      { name: `parse the ${workloads.length} workload documents to values`, milliseconds: values!, ratio: 1 },
      { name: 'parse the same to events only', milliseconds: events!, ratio: events! / values! },
      { name: `petrify check --format json of ${size}`, milliseconds: whole!, ratio: whole! / values!, goal: GOAL },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkFile(file: string): Promise<void> {
  let characters = 0;
  const code = await check(
    [file],
    { format: 'json', level: 'standard', failOn: 'finding' },
    {
      stdin: Readable.from([]),
      env: {},
      colour: { out: false, err: false },
      out: (said) => {
        characters += said.length;
      },
      err: () => {},
      progress: () => Promise.reject(new Error('check shows no progress')),
      visible: (said) => said,
    },
  );
  if (code !== 1 || characters === 0) throw new Error(`check ended with ${code}`);
}
