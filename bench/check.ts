/** Whole `check` of a 5,000-document stream, measured against merely parsing the workload documents in it. Goal: at most 2. */
import { parseEvents } from 'js-yaml';
import { judge } from '../src/controls/verdict.ts';
import type { ManifestText, Unreadable } from '../src/manifest/document.ts';
import { eachDocument } from '../src/manifest/read.ts';
import { findWorkloads } from '../src/workload/find.ts';
import { generateDocuments, streamOf } from './manifests.ts';
import { type BenchRow, interleaved } from './measure.ts';

const DOCUMENTS = 5_000;

/** Measures; every run of the whole check must find every workload. */
export default async function bench(): Promise<BenchRow[]> {
  const generated = generateDocuments(DOCUMENTS);
  const text = streamOf(generated);
  const workloads = generated.filter((document) => document.workload).map((document) => document.text);
  const [parse, read, check] = interleaved([
    () => workloads.map((workload) => parseEvents(workload, {}).length),
    () => readAll({ file: 'stream.yaml', text }),
    () => checkAll({ file: 'stream.yaml', text }, workloads.length),
  ]);
  const size = `${DOCUMENTS} documents, ${(text.length / 1e6).toFixed(1)} MB`;
  return [
    { name: `parse the ${workloads.length} workload documents only`, milliseconds: parse!, ratio: 1 },
    { name: `read ${size}`, milliseconds: read!, ratio: read! / parse! },
    { name: `check ${size}`, milliseconds: check!, ratio: check! / parse!, goal: 2 },
  ];
}

function refuse(problem: Unreadable): never {
  throw new Error(`line ${problem.line}: ${problem.message}`);
}

function readAll(manifest: ManifestText): number {
  let bytes = 0;
  for (const document of eachDocument(manifest, refuse)) bytes += document.root.end - document.root.start;
  return bytes;
}

function checkAll(manifest: ManifestText, expected: number): void {
  const rows = [];
  for (const document of eachDocument(manifest, refuse)) {
    for (const workload of findWorkloads(document))
      rows.push(JSON.stringify(judge(workload).containers.map((c) => c.findings)));
  }
  if (rows.length !== expected) throw new Error(`${rows.length} of ${expected} workloads found`);
}
