/** Whole `check` of a 5,000-document stream, measured against merely parsing the workload documents in it. Goal: at most 2. */
import { parseEvents } from 'js-yaml';
import { judge } from '../src/controls/verdict.ts';
import type { ManifestText } from '../src/manifest/document.ts';
import { readDocuments } from '../src/manifest/read.ts';
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
    () => workloads.forEach((workload) => parseEvents(workload, {})),
    () => readDocuments({ file: 'stream.yaml', text }).documents.length,
    () => checkAll({ file: 'stream.yaml', text }, workloads.length),
  ]);
  const size = `${DOCUMENTS} documents, ${(text.length / 1e6).toFixed(1)} MB`;
  return [
    { name: `parse the ${workloads.length} workload documents only`, milliseconds: parse!, ratio: 1 },
    { name: `read ${size}`, milliseconds: read!, ratio: read! / parse! },
    { name: `check ${size}`, milliseconds: check!, ratio: check! / parse!, goal: 2 },
  ];
}

function checkAll(manifest: ManifestText, expected: number): void {
  const { documents, unreadable } = readDocuments(manifest);
  const judged = documents.flatMap(findWorkloads).map((workload) => judge(workload));
  if (unreadable.length > 0 || judged.length !== expected) throw new Error(`${judged.length} of ${expected} workloads found`);
}
