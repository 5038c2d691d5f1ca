/** A program for cleanup.test.ts to interrupt: starts a pod that never becomes ready, and says what it is doing. */
import { withRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { Failure } from '../../src/failure.ts';
import { BASE_IMAGE } from './images.ts';
import { workloadsIn } from './workloads.ts';

const spec = {
  shareProcessNamespace: true,
  volumes: [{ name: 'v', emptyDir: {} }],
  containers: [
    {
      name: 'main',
      image: BASE_IMAGE,
      command: ['sh', '-c', 'while :; do date > /v/$RANDOM; sleep 0.1; done'],
      volumeMounts: [{ name: 'v', mountPath: '/v' }],
      readinessProbe: { exec: { command: ['sh', '-c', 'echo waiting > /dev/null; exit 1'] } },
    },
  ],
};
const { workload, documents } = workloadsIn(
  JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }),
);

try {
  const engine = await connectEngine('auto', process.env);
  await withRun(engine, async (run, signal) => {
    console.log(`run ${run}`);
    await runPod(engine, workload, { run, documents, signal, progress: (line) => console.log(line) });
  });
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.log(`${error.code}: ${error.message}`);
  process.exitCode = error.code === 'interrupted' ? 130 : 2;
}
