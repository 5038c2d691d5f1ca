/** Containers that take more than they may: each limit holds on a real container, and the outcome says which. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CPU_SHARE, MEMORY_DEFAULT_BYTES } from '../../src/engine/bounds.ts';
import { removeRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { PodOptions, SandboxPod } from '../../src/engine/pod.ts';
import { newRun } from '../../src/engine/runs.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { BASE_IMAGE } from './images.ts';
import { workloadsIn } from './workloads.ts';

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
const readinessProbe = { exec: { command: ['true'] } };
const app = (script: string, more: object = {}) => ({
  name: 'app',
  image: BASE_IMAGE,
  command: ['sh', '-c', script],
  ...more,
});
/** Another one for each process that runs this at the same time. */
const SERVICE_PORT = 20_000 + (process.pid % 10_000);

/** A hundred MiB that are really on the disk. */
const fill = (path: string) => `dd if=/dev/zero of=${path} bs=1M count=100 2>/dev/null`;

if (engine instanceof Error) test('faults', { skip: `no engine answers: ${engine.message}` }, () => {});
else if (!engine.info.local) test('faults', { skip: 'the engine’s containers are not on this machine' }, () => {});
else faults(engine);

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
        // The kill is under way.
        await sleep(1_000);
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
    const eat = `perl -e '$x = "x" x (300 << 20); sleep 300'`;

    it('and processors are bounded where the manifest sets no limit, and the kernel would take it first', async () => {
      await withPod({ containers: [app('sleep 300', { readinessProbe })] }, async (pod) => {
        const { pid } = await pod.state(pod.containers[0]!);
        assert.equal(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8').trim(), '1000');
        const memory = cgroupFile(pid, 'memory', ['memory.max', 'memory.limit_in_bytes']);
        assert.ok(Number(memory) <= MEMORY_DEFAULT_BYTES, memory);
        const cpu = cgroupFile(pid, 'cpu', ['cpu.max', 'cpu.cfs_quota_us']);
        assert.equal(Number(cpu.split(' ')[0]), availableParallelism() * CPU_SHARE * 100_000);
      });
    });

    it('that runs out is the reason, with the limit', async () => {
      const resources = { limits: { memory: '64Mi' } };
      await withPod({ containers: [app(`sleep 2; exec ${eat}`, { resources, readinessProbe })] }, async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        for (let left = 100; left > 0 && (await pod.state(pod.containers[0]!)).status === 'running'; left -= 1)
          await sleep(100);
        await pod.stop(0);
        assert.deepEqual(pod.outcome, {
          ready: false,
          reason: 'container app was killed for using more than 64 MiB of memory, its own limit',
          readyMs: undefined,
        });
      });
      await withPod({ containers: [app(eat, { resources })] }, async (pod) => {
        assert.match(pod.outcome.reason ?? '', /^container app was killed for using more than 64 MiB of memory/);
      });
    });
  });

  describe('the network', () => {
    const ask = (address: string, port: number) =>
      `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => "${address}", PeerPort => ${port}, Timeout => 2) ? "reached\\n" : "refused\\n"'`;

    it('leads neither outside nor to the host’s own services, and names of outside do not resolve', async () => {
      const asked: string[] = [];
      const server = createServer((socket) => {
        asked.push(String(socket.remoteAddress));
        socket.destroy();
      });
      after(() => server.close());
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
      const datagrams = createSocket('udp4', () => asked.push('a datagram'));
      after(() => datagrams.close());
      // Below the ephemeral ports, as every service is: a resolver, for one.
      await new Promise<void>((resolve) => datagrams.bind(SERVICE_PORT, '0.0.0.0', resolve));
      const { port } = server.address() as AddressInfo;
      await withPod({ containers: [app('sleep 300', { readinessProbe })] }, async (pod) => {
        assert.doesNotMatch(pod.differences.join('\n'), /services of the machine/);
        const shell = async (script: string) =>
          String((await pod.exec(pod.containers[0]!, ['sh', '-c', script])).stdout).trim();
        const gateway = pod.address!.replace(/\.\d+$/, '.1');
        assert.equal(await shell(ask(gateway, port)), 'refused');
        assert.equal(await shell(ask('192.0.2.1', 80)), 'refused');
        await shell(
          `perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Proto => "udp", PeerAddr => "${gateway}", PeerPort => ${SERVICE_PORT})->send("x")'`,
        );
        assert.equal(await shell('getent hosts kubernetes.io || echo none'), 'none');
        assert.equal(await shell('getent hosts localhost >/dev/null && echo found'), 'found');
      });
      await sleep(300);
      assert.deepEqual(asked, []);
    });

    it('still answers the host, and itself', async () => {
      const serve = `exec perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5); while (my $c = $s->accept) { print $c "hi"; close $c }'`;
      const ports = [{ containerPort: 8080 }];
      await withPod({ containers: [app(serve, { ports })] }, async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        for (const address of ['127.0.0.1', pod.address!])
          assert.equal(
            String((await pod.exec(pod.containers[0]!, ['sh', '-c', ask(address, 8080)])).stdout).trim(),
            'reached',
          );
      });
    });
  });

  describe('a hostPath', () => {
    const folder = mkdtempSync(join(tmpdir(), 'petrify-host-path-'));
    after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'f'), 'of the host');
    const spec = (hostPath: object, readOnly: boolean) => ({
      containers: [
        app('cat /h/f; echo new > /h/new; sleep 300', {
          volumeMounts: [{ name: 'h', mountPath: '/h', readOnly }],
          readinessProbe,
        }),
      ],
      volumes: [{ name: 'h', hostPath }],
    });
    const logOf = async (pod: SandboxPod) => {
      await sleep(300);
      return pod.logs(pod.containers[0]!);
    };

    it('is not given unasked, and the flag that gives it is named', async () => {
      await withPod(spec({ path: folder }, false), async (pod) => {
        assert.doesNotMatch(await logOf(pod), /of the host/);
        assert.match(
          pod.differences.join('\n'),
          /an empty directory stands in \(--allow-host-path h gives the real one\)/,
        );
      });
      assert.deepEqual(readdirSync(folder), ['f']);
    });

    it('that is allowed by name is the real one, read-only where the manifest says so, and outlives the pod', async () => {
      const options = { hostPaths: ['h'] };
      await withPod(
        spec({ path: folder, type: 'Directory' }, true),
        async (pod) => {
          assert.match(await logOf(pod), /^of the host.*Read-only file system/s);
          assert.doesNotMatch(pod.differences.join('\n'), /Volume h/);
        },
        options,
      );
      assert.deepEqual(readdirSync(folder), ['f']);
      await withPod(spec({ path: folder }, false), async (pod) => void (await logOf(pod)), options);
      assert.deepEqual(readdirSync(folder), ['f', 'new']);
    });

    it('is checked as the kubelet checks it', async () => {
      const cases = [
        [{ path: join(folder, 'f'), type: 'Directory' }, /is not a directory/],
        [{ path: folder, type: 'Socket' }, /is not a socket/],
        [{ path: join(folder, 'nowhere') }, /this host has no /],
        [{ path: join(folder, 'no', 'file'), type: 'FileOrCreate' }, /cannot be made: ENOENT/],
        [{ path: `${folder}/../x` }, /without "\.\."/],
      ] as const;
      for (const [hostPath, words] of cases)
        await assert.rejects(
          withPod(spec(hostPath, true), async () => {}, { hostPaths: ['h'] }),
          words,
        );
    });
  });

  describe('namespaces of the host', () => {
    const spec = {
      hostNetwork: true,
      hostPID: true,
      hostIPC: true,
      containers: [app('for n in net pid ipc; do readlink /proc/self/ns/$n; done; sleep 300', { readinessProbe })],
    };
    const own = ['net', 'pid', 'ipc'].map((name) => readlinkSync(`/proc/self/ns/${name}`));
    const seen = (options: Partial<PodOptions>) =>
      withPod(
        spec,
        async (pod) => {
          assert.equal(pod.outcome.reason, undefined);
          await sleep(300);
          const lines = (await pod.logs(pod.containers[0]!)).trim().split('\n');
          return lines.map((line, index) => line === own[index]);
        },
        options,
      );

    it('are given only where they are allowed by name', async () => {
      assert.deepEqual(await seen({}), [false, false, false]);
      assert.deepEqual(await seen({ hostNamespaces: ['pid'] }), [false, true, false]);
      assert.deepEqual(await seen({ hostNamespaces: ['network', 'ipc'] }), [true, false, true]);
    });
  });
}

/** A file of the process's control group, under the name that it has in version 2 or 1. */
function cgroupFile(pid: number, controller: string, [unified, old]: readonly [string, string]): string {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const legacy = lines.find((line) => line.split(':')[1]?.split(',').includes(controller));
  if (legacy !== undefined) return readFileSync(join('/sys/fs/cgroup', controller, legacy.split(':')[2]!, old), 'utf8');
  const path = lines.find((line) => line.startsWith('0::'))!.slice('0::'.length);
  return readFileSync(join('/sys/fs/cgroup', path, unified), 'utf8');
}
