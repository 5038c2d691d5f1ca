/** Workloads that attack the host which runs them: what a container plants or asks for reaches nothing outside. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, it, test } from 'node:test';
import { removeLeftovers, removeRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { PodOptions, SandboxPod } from '../../src/engine/pod.ts';
import { identityOf } from '../../src/engine/read-back.ts';
import { directoriesAt, directoryOf, newRun } from '../../src/engine/runs.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import type { Failure } from '../../src/failure.ts';
import { BASE_IMAGE } from './images.ts';
import { workloadsIn } from './workloads.ts';

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('hostile', { skip: `no engine answers: ${engine.message}` }, () => {});
else if (!engine.info.local) test('hostile', { skip: 'the engine’s containers are not on this machine' }, () => {});
else hostileTests(engine);

const readinessProbe = { exec: { command: ['true'] } };
const container = (name: string, script: string, more: object = {}) => ({
  name,
  image: BASE_IMAGE,
  command: ['sh', '-c', script],
  ...more,
});
const main = (more: object = {}) => container('main', 'sleep 300', { readinessProbe, ...more });
const volumes = [{ name: 'v', emptyDir: {} }];
const whole = { volumeMounts: [{ name: 'v', mountPath: '/v' }] };
const part = (subPath: string) => ({ volumeMounts: [{ name: 'v', mountPath: '/data', subPath }] });

function hostileTests(engine: Engine): void {
  const run = newRun();
  after(() => removeRun(engine, run));
  let victim = '';
  beforeEach(() => {
    victim = mkdtempSync(join(directoriesAt(), 'victim-'));
  });
  afterEach(() => rmSync(victim, { recursive: true }));

  async function withPod<T>(
    spec: object,
    look: (pod: SandboxPod) => Promise<T>,
    options: Partial<PodOptions> = {},
    on: Engine = engine,
  ): Promise<T> {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec };
    const { workload, documents } = workloadsIn(JSON.stringify(pod));
    const running = await runPod(on, workload, { run, documents, readyTimeoutMs: 15_000, ...options });
    try {
      return await look(running);
    } finally {
      await running.remove();
    }
  }
  const refused = (spec: object, words: RegExp, on: Engine = engine) =>
    assert.rejects(
      withPod(spec, async () => {}, {}, on),
      (error: Failure) => error.name === 'Failure' && words.test(error.message),
    );

  describe('a subPath', () => {
    it('through a planted link makes nothing outside its volume', async () => {
      const plant = container('plant', `ln -s ${victim} /v/a`, whole);
      const spec = { initContainers: [plant], containers: [main(part('a/pwned'))], volumes };
      await refused(spec, /"a\/pwned" of the mount at \/data leaves its volume/);
      assert.deepEqual(readdirSync(victim), []);
      assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] });
    });

    it('that an init container has prepared is mounted, as a directory or a file', async () => {
      const plant = container('plant', 'mkdir /v/real; echo x > /v/real/f; ln -s real /v/link', whole);
      await withPod({ initContainers: [plant], containers: [main(part('link/f'))], volumes }, async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        assert.equal(String((await pod.exec(pod.containers[1]!, ['cat', '/data'])).stdout), 'x\n');
      });
    });

    it('that is exchanged while the runtime mounts it stops everything before the container runs', async () => {
      const side = { ...container('side', 'mkdir -p /v/real; sleep 300', whole), restartPolicy: 'Always' };
      const ran = container('main', 'touch /data/ran; sleep 300', { readinessProbe, ...part('real') });
      const spec = { initContainers: [side], containers: [ran], volumes };
      const exchanging: Engine = {
        ...engine,
        async init(id) {
          const real = join(directoryOf(run), last(directoryOf(run)), 'volumes', '0-v', 'real');
          if (existsSync(real)) {
            renameSync(real, `${real}-away`);
            symlinkSync(victim, real);
          }
          return engine.init(id);
        },
      };
      await refused(spec, engine.info.name === 'podman' ? /another container exchanged it/ : /can write/, exchanging);
      assert.deepEqual(readdirSync(victim), []);
      assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] });
    });

    it('beside a container that has only another part of the volume is no danger', async () => {
      const side = { ...container('side', 'sleep 300', part('one')), restartPolicy: 'Always' };
      const spec = { initContainers: [side], containers: [main(part('two'))], volumes };
      await withPod(spec, async ({ outcome }) => assert.equal(outcome.reason, undefined));
    });

    it('mounted inside a volume that another container writes is refused', async () => {
      const side = { ...container('side', 'sleep 300', whole), restartPolicy: 'Always' };
      const mounts = [...whole.volumeMounts, { name: 'v', mountPath: '/v/x', subPath: 'real' }];
      const spec = { initContainers: [side], containers: [main({ volumeMounts: mounts })], volumes };
      await refused(spec, /at \/v\/x lies in a volume that a container which runs already can write/);
    });
  });

  describe('privileges over the host', () => {
    const proc = 'echo 1 > /proc/sys/kernel/dmesg_restrict && echo written; mount -t tmpfs t /mnt && echo mounted';
    const securityContext = { privileged: true };

    it('are withheld unless a proof asks for them, and that is said', async () => {
      await withPod({ containers: [main({ securityContext })] }, async (pod) => {
        const { stdout } = await pod.exec(pod.containers[0]!, ['sh', '-c', proc]);
        assert.equal(String(stdout), '');
        const { effective } = await identityOf(pod, pod.containers[0]!);
        assert.equal(effective, 0xa80425fbn);
        assert.match(
          pod.differences.join('\n'),
          /Container main: withheld here, because it reaches the host: privileged/,
        );
      });
    });
  });

  describe('a probe or hook with a host of its own', () => {
    it('is not run from this host, and that is said', async () => {
      let asked = 0;
      const server = createServer((_, response) => {
        asked += 1;
        response.end();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      after(() => server.close());
      const { port } = server.address() as AddressInfo;
      const aim = { host: '127.0.0.1', port };
      const probes = {
        readinessProbe: { httpGet: { ...aim, path: '/secret' } },
        livenessProbe: { tcpSocket: aim },
        lifecycle: { postStart: { httpGet: aim }, preStop: { httpGet: aim } },
      };
      server.on('connection', () => {
        asked += 1;
      });
      await withPod({ containers: [main(probes)] }, async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        await pod.stop(0);
        const said = pod.differences.join('\n');
        for (const what of ['readinessProbe', 'livenessProbe', 'postStart hook', 'preStop hook'])
          assert.match(said, new RegExp(`its ${what} is not run here, because it is aimed at a host of its own, "127`));
      });
      assert.equal(asked, 0);
    });
  });

  describe('low ports', () => {
    it('are closed in the node’s own network, and in a trial that asks for it', async () => {
      const port = async (spec: object, options: Partial<PodOptions> = {}) =>
        withPod(
          { ...spec, containers: [main()] },
          async (pod) => {
            const path = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
            return String((await pod.exec(pod.containers[0]!, ['cat', path])).stdout).trim();
          },
          options,
        );
      assert.equal(await port({}), '0');
      assert.equal(await port({ hostNetwork: true }), '1024');
      assert.equal(await port({ shareProcessNamespace: true }, { lowPorts: 'closed' }), '1024');
    });
  });

  describe('what resists its removal', () => {
    /** A run as a process leaves it that is gone; another command may clear it at any moment. */
    function deadRun(): string {
      const [, ...rest] = newRun().split('.');
      const id = ['k0000000', String(2 ** 22 + 7), ...rest.slice(1)].join('.');
      mkdirSync(directoryOf(id));
      return id;
    }

    it('an immutable file is cleared', async () => {
      const id = deadRun();
      const file = join(directoryOf(id), 'x');
      writeFileSync(file, '');
      execFileSync('chattr', ['+i', file]);
      await removeLeftovers(engine);
      assert.equal(existsSync(directoryOf(id)), false);
    });

    it('never stands in the way of other work, and is named by its own run', async () => {
      const resisting = deadRun();
      const other = deadRun();
      const mounted = join(directoryOf(resisting), 'mounted');
      mkdirSync(mounted);
      execFileSync('mount', ['-t', 'tmpfs', 'petrify-test', mounted]);
      try {
        const removed = await removeLeftovers(engine);
        assert.equal(existsSync(directoryOf(other)), false);
        assert.ok(!removed.includes(resisting));
        await assert.rejects(
          removeRun(engine, resisting),
          (error: Failure) => error.code === 'file-unwritable' && error.message.includes(directoryOf(resisting)),
        );
      } finally {
        execFileSync('umount', [mounted]);
      }
      await removeRun(engine, resisting);
    });

    it('while a container cannot be removed, its directories are left alone', async () => {
      const id = newRun();
      mkdirSync(directoryOf(id));
      const busy: Engine = {
        ...engine,
        labelled: async () => ({ containers: ['x'], networks: [] }),
        remove: () => Promise.reject(new Error('busy')),
      };
      await assert.rejects(removeRun(busy, id), (error: Failure) => error.message.includes(directoryOf(id)));
      assert.ok(existsSync(directoryOf(id)));
      await removeRun(engine, id);
    });
  });
}

/** The directory of the newest pod. */
function last(directory: string): string {
  const number = (name: string) => Number(name.slice('pod-'.length));
  return readdirSync(directory)
    .filter((name) => name.startsWith('pod-'))
    .sort((one, other) => number(one) - number(other))
    .at(-1)!;
}
