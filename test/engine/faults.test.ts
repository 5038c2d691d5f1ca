/** Containers that take more than they may: each limit holds on a real container, and the outcome says which. */
import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { after, describe, it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { PodOptions, SandboxPod } from '../../src/engine/pod.ts';
import { newRun } from '../../src/engine/runs.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { BASE_IMAGE } from './images.ts';
import { workloadsIn } from './workloads.ts';

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('faults', { skip: `no engine answers: ${engine.message}` }, () => {});
else if (!engine.info.local) test('faults', { skip: 'the engine’s containers are not on this machine' }, () => {});
else faults(engine);

const readinessProbe = { exec: { command: ['true'] } };
const app = (script: string, more: object = {}) => ({
  name: 'app',
  image: BASE_IMAGE,
  command: ['sh', '-c', script],
  ...more,
});
/** A hundred MiB that are really on the disk. */
const fill = (path: string) => `dd if=/dev/zero of=${path} bs=1M count=100 2>/dev/null`;

function faults(engine: Engine): void {
  const run = newRun();
  after(() => removeRun(engine, run));

  async function withPod<T>(
    spec: object,
    look: (pod: SandboxPod) => Promise<T>,
    options: Partial<PodOptions> = {},
  ): Promise<T> {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
    const { workload, documents } = workloadsIn(JSON.stringify(pod));
    const running = await runPod(engine, workload, { run, documents, readyTimeoutMs: 15_000, ...options });
    try {
      return await look(running);
    } finally {
      await running.remove();
    }
  }
  /** Waits until the pod is not ready any more. */
  async function endOf(pod: SandboxPod): Promise<string | undefined> {
    for (let left = 100; left > 0 && pod.outcome.ready; left -= 1) await sleep(100);
    return pod.outcome.reason;
  }

  describe('a disk', () => {
    it('is guarded by an emptyDir’s sizeLimit, as Kubernetes evicts the pod, also after it was ready', async () => {
      const volumes = [{ name: 'cache', emptyDir: { sizeLimit: '50Mi' } }];
      const mounted = { volumeMounts: [{ name: 'cache', mountPath: '/c' }], readinessProbe };
      const script = `sleep 1; ${fill('/c/x')}; sleep 300`;
      await withPod({ containers: [app(script, mounted)], volumes }, async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        assert.equal(
          await endOf(pod),
          'volume cache holds more than its sizeLimit of 50 MiB: Kubernetes evicts the pod for that',
        );
        assert.equal(pod.restartable, false);
        assert.doesNotMatch(pod.differences.join('\n'), /sizeLimit/);
        for (const one of pod.containers) assert.equal((await pod.state(one)).status, 'exited');
      });
    });

    it('is guarded by the container’s limit of ephemeral storage, in its own layer', async () => {
      const resources = { limits: { 'ephemeral-storage': '50Mi' } };
      await withPod({ containers: [app(`${fill('/var/x')}; sleep 300`, { resources })] }, async (pod) => {
        assert.match(
          (await endOf(pod)) ?? '',
          /^container app wrote more than its ephemeral-storage limit of 50 MiB: Kubernetes evicts/,
        );
      });
    });

    it('holds only the end of a log that never ends', async () => {
      await withPod(
        { containers: [app('exec yes "$(head -c 2000 /dev/zero | tr "\\0" x)"', { readinessProbe })] },
        async (pod) => {
          await sleep(3_000);
          const [container] = pod.containers;
          const log = ((await pod.state(container!)).writesTo ?? []).find((path) => path.endsWith('.log'));
          assert.ok(log !== undefined && existsSync(log));
          assert.ok(statSync(log).size < 80 * 2 ** 20, `${statSync(log).size} bytes`);
        },
      );
    });
  });

  describe('memory', () => {
    const eat = 'x=$(head -c 300M /dev/zero | tr "\\0" x); echo ${#x}; sleep 300';

    it('is bounded where the manifest sets no limit, and a process that takes more is killed', async () => {
      await withPod(
        {
          containers: [
            app(
              'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; cat /proc/self/oom_score_adj; sleep 300',
              { readinessProbe },
            ),
          ],
        },
        async (pod) => {
          assert.equal(pod.outcome.reason, undefined);
          const { pid } = await pod.state(pod.containers[0]!);
          assert.ok(pid > 0);
        },
      );
    });

    it('that runs out is the reason, with the limit', async () => {
      const resources = { limits: { memory: '64Mi' } };
      await withPod({ containers: [app(eat, { resources })] }, async (pod) => {
        assert.equal(await endOf(pod), 'container app was killed for using more than 64 MiB of memory, its own limit');
      });
    });
  });
}
