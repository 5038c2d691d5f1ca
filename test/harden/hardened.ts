/** Hardens a text on the engine that answers, and sees that nothing is left behind. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { directoryOf, newRun } from '../../src/engine/runs.ts';
import { type Hardened, type HardenResult, hardenWorkload } from '../../src/harden/harden.ts';
import { applied, type HardenOptions } from '../../src/harden/run.ts';
import { MAX_STARTS } from '../../src/harden/search.ts';
import { sandboxHost } from '../../src/host/sandbox.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { engine } from '../example.ts';

export function workloadIn(text: string): Workload {
  return readDocuments({ file: 'app.yaml', text }).documents.flatMap(findWorkloads)[0]!;
}

export async function harden(text: string, options: Partial<HardenOptions> = {}): Promise<HardenResult> {
  const run = newRun();
  const host = sandboxHost(engine!);
  const result = await hardenWorkload(host, workloadIn(text), { run, documents: [], seconds: 0.3, ...options });
  assert.deepEqual(await engine!.labelled(run), { containers: [], networks: [] }, 'nothing is left behind');
  assert.ok(!existsSync(directoryOf(run)), 'no directory either');
  assert.ok(result.starts <= MAX_STARTS, `${result.starts} starts`);
  return result;
}

/** As `harden`, for what must succeed: with the workload and the text that would be written. */
export async function hardened(
  text: string,
  options: Partial<HardenOptions> = {},
): Promise<{ result: Hardened; workload: Workload; text: string }> {
  const result = await harden(text, options);
  if (result.outcome !== 'hardened')
    assert.fail((result.outcome === 'not-hardened' ? result.obstacles : result.missing).join('; '));
  const workload = applied(result.workload, result);
  return { result, workload, text: workload.document.text.text };
}

/** The container of that name, else the application: init containers of ours stand before it. */
const named = (containers: Workload['containers'], name: string) =>
  containers.find((container) => container.name === name) ?? containers.at(-1)!;

export const mountPaths = ({ containers }: Workload, name = 'app') =>
  named(containers, name)
    .mounts.map(({ mountPath }) => mountPath)
    .sort();

export const settings = ({ containers }: Workload, name = 'app') => named(containers, name).settings;
