/** Whole `check` of a 5,000-document stream, measured against merely parsing the workload documents in it. */
import { parseEvents } from 'js-yaml';
import { controls } from '../src/controls/index.ts';
import { judge, type WorkloadVerdict } from '../src/controls/verdict.ts';
import type { Unreadable } from '../src/manifest/document.ts';
import { eachDocument } from '../src/manifest/read.ts';
import { renderCheck } from '../src/report/json.ts';
import { findWorkloads } from '../src/workload/find.ts';
import { generateDocuments, streamOf } from './manifests.ts';
import { type BenchRow, interleaved } from './measure.ts';

const DOCUMENTS = 5_000;
/** From the issue that asked for this benchmark. */
const GOAL = 2;

/** Three rows: the yardstick, reading alone, and everything from the text to the JSON report. */
export default async function bench(): Promise<BenchRow[]> {
  const generated = generateDocuments(DOCUMENTS);
  const text = streamOf(generated);
  const workloads = generated.filter((document) => document.workload).map((document) => document.text);
  const [parse, read, check] = interleaved([
    () => workloads.map((workload) => parseEvents(workload, {}).length),
    () => readAll(text),
    () => checkAll(text, workloads.length),
  ]);
  const size = `${DOCUMENTS} documents, ${(text.length / 1e6).toFixed(1)} MB`;
  return [
    { name: `parse the ${workloads.length} workload documents only`, milliseconds: parse!, ratio: 1 },
    { name: `read ${size}`, milliseconds: read!, ratio: read! / parse! },
    { name: `check ${size}`, milliseconds: check!, ratio: check! / parse!, goal: GOAL },
  ];
}

function readAll(text: string): number {
  let characters = 0;
  for (const { start, end } of eachDocument({ file: 'stream.yaml', text }, refuse)) characters += end - start;
  return characters;
}

/** As the command does it: one document after the other, then the report. */
function checkAll(text: string, expected: number): string {
  const workloads: WorkloadVerdict[] = [];
  for (const document of eachDocument({ file: 'stream.yaml', text }, refuse)) {
    for (const workload of findWorkloads(document)) workloads.push(judge(workload));
  }
  if (workloads.length !== expected) throw new Error(`found ${workloads.length} of ${expected} workloads`);
  return renderCheck({ workloads, unreadable: [], controls });
}

function refuse(problem: Unreadable): never {
  throw new Error(`line ${problem.line}: ${problem.message}`);
}
