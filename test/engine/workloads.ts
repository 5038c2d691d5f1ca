/** Reads a manifest's first workload with all of its documents, for the engine tests. */
import { readDocuments } from '../../src/manifest/read.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';

export function workloadsIn(text: string): { workload: Workload; documents: readonly unknown[] } {
  const { documents, unreadable } = readDocuments({ file: 'test.yaml', text });
  const [workload] = documents.flatMap(findWorkloads);
  if (!workload) throw new Error(`no workload: ${JSON.stringify(unreadable)}`);
  return { workload, documents: documents.map(({ value }) => value) };
}
