/** A pod that fails with a read-only root, log after log as a person has them: in the end it becomes ready. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newRun } from '../../src/engine/runs.ts';
import { hardenFromLogs } from '../../src/harden/from-logs.ts';
import { sandboxHost } from '../../src/host/sandbox.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import { observeWorkload } from '../../src/observe/observe.ts';
import { renderChanges } from '../../src/plan/render.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { deploymentText, engine, skip } from '../example.ts';

/** More logs than these nobody would fetch; nginx names one directory in each. */
const MAX_LOGS = 8;

function workloadIn(text: string): Workload {
  return readDocuments({ file: 'app.yaml', text }).documents.flatMap(findWorkloads)[0]!;
}

const mountPaths = ({ containers }: Workload) => containers[0]!.mounts.map(({ mountPath }) => mountPath).sort();

/** Runs it as it is and applies what its log says, until there is nothing more. */
async function untilNothingIsRefused(start: string, catalogue: boolean) {
  let text = start;
  for (let logs = 0; logs < MAX_LOGS; logs++) {
    const workload = workloadIn(text);
    const options = { run: newRun(), documents: [], seconds: 0.2, readyTimeoutMs: 10_000 };
    const { containers, outcome } = await observeWorkload(sandboxHost(engine!), workload, options);
    if (outcome.ready) return { workload, logs };
    const own = new Map(containers.map((container) => [container.name, container.logs]));
    const { changes, obstacles } = hardenFromLogs(workload, own, { catalogue });
    assert.deepEqual(obstacles, []);
    assert.ok(changes.length > 0, 'each log says something new');
    text = renderChanges(text, [{ document: workload.document, changes }]);
  }
  throw new Error(`not ready after ${MAX_LOGS} logs`);
}

describe('harden --logs on the logs of a real pod', { skip }, () => {
  const failing = deploymentText.replace(
    /^( +)(image: .*nginx.*)$/m,
    '$1$2\n$1securityContext:\n$1  readOnlyRootFilesystem: true',
  );

  test('nginx becomes ready with the two volumes it needs', async () => {
    const { workload, logs } = await untilNothingIsRefused(failing, true);
    assert.deepEqual(mountPaths(workload), ['/run', '/var/cache/nginx']);
    assert.equal(logs, 2);
  });

  test('without the catalogue each log gives one directory, and they add up', async () => {
    const { workload } = await untilNothingIsRefused(failing, false);
    const paths = mountPaths(workload);
    assert.ok(paths.includes('/run'), paths.join());
    assert.ok(paths.length > 2 && paths.every((path) => path === '/run' || path.startsWith('/var/cache/nginx/')));
  });
});
