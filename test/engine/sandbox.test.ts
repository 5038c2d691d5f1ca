/** The pod as Kubernetes would run it: every trap of the engines that would falsify a proof is a test here. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { after, describe, it, test } from 'node:test';
import { addressOf } from '../../src/engine/address.ts';
import { removeRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import { dockerEngine } from '../../src/engine/docker.ts';
import { type Engine, RUN_LABEL } from '../../src/engine/engine.ts';
import type { PodOptions, SandboxPod } from '../../src/engine/pod.ts';
import { identityOf, mountsOf } from '../../src/engine/read-back.ts';
import { directoryOf, newRun } from '../../src/engine/runs.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { Failure } from '../../src/failure.ts';
import { BASE_IMAGE, builtImage } from './images.ts';
import { workloadsIn } from './workloads.ts';

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('sandbox', { skip: `no engine answers: ${engine.message}` }, () => {});
else sandboxTests(engine);

function sandboxTests(engine: Engine): void {
  const run = newRun();
  after(() => removeRun(engine, run));

  /** Runs the first workload of a text, and removes it after `look`. */
  async function withPod<T>(
    text: string,
    look: (pod: SandboxPod) => Promise<T>,
    options: Partial<PodOptions> = {},
  ): Promise<T> {
    const { workload, documents } = workloadsIn(text);
    const pod = await runPod(engine, workload, { run, documents, readyTimeoutMs: 15_000, ...options });
    try {
      return await look(pod);
    } finally {
      await pod.remove();
    }
  }

  /** Without a probe, every pod would wait for the settle time. */
  const readinessProbe = { exec: { command: ['true'] } };

  /** A pod of one container that sleeps; `container` and `spec` are JSON merged into it. */
  const podText = (container: object, spec: object = {}, ...more: object[]) =>
    [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web', labels: { app: 'web' } },
        spec: {
          ...spec,
          containers: [{ name: 'main', image: BASE_IMAGE, command: ['sleep', '300'], readinessProbe, ...container }],
        },
      },
      ...more,
    ]
      .map((document) => JSON.stringify(document))
      .join('\n---\n');

  const shell = async (pod: SandboxPod, script: string, index = 0) => {
    const { stdout, stderr } = await pod.exec(pod.containers[index]!, ['sh', '-c', script]);
    return String(stdout) + String(stderr);
  };
  const readOnly = { securityContext: { readOnlyRootFilesystem: true } };

  describe('the example', () => {
    it('becomes ready, answers the host, and leaves nothing', async () => {
      const text = readFileSync(new URL('../../examples/nginx/deployment.yaml', import.meta.url), 'utf8');
      const { workload, documents } = workloadsIn(text);
      const lines: string[] = [];
      const pod = await runPod(engine, workload, { run, documents, progress: (line) => lines.push(line) });
      assert.deepEqual([pod.outcome.ready, pod.outcome.reason], [true, undefined]);
      assert.ok(pod.outcome.readyMs! > 0);
      assert.equal((await fetch(`http://${pod.address}/`)).status, 200);
      assert.match(await shell(pod, 'getent hosts web.default.svc.cluster.local'), new RegExp(pod.address!));
      assert.deepEqual(lines, ['starting container nginx']);
      await pod.stop(10);
      assert.equal((await pod.state(pod.containers[0]!)).exitCode, 0);
      await pod.remove();
      await pod.remove();
      assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] });
    });

    it('fails with a read-only root, and says how it ended', async () => {
      const text = podText({
        command: undefined,
        readinessProbe: undefined,
        ports: [{ containerPort: 80 }],
        ...readOnly,
      });
      await withPod(text, async (pod) => {
        assert.deepEqual([pod.outcome.ready, pod.outcome.reason], [false, 'container main exited with code 1']);
        assert.match(await pod.logs(pod.containers[0]!), /mkdir\(\) "\/var\/cache\/nginx.*Read-only file system/);
      });
    });
  });

  describe('what can be written', () => {
    it('nothing under a read-only root but what the spec names', async () => {
      await withPod(podText(readOnly), async (pod) => {
        const said = await shell(pod, 'for d in / /run /tmp /var/tmp /etc /sys /sys/fs/cgroup; do touch $d/x; done');
        assert.equal(said.match(/Read-only file system/g)?.length, 7, said);
        const known = new Set([
          '/dev',
          '/dev/shm',
          '/dev/pts',
          '/dev/mqueue',
          '/proc',
          '/etc/hosts',
          '/dev/termination-log',
        ]);
        const others = (await mountsOf(pod, pod.containers[0]!)).filter(
          ({ path, writable, root }) => writable && !known.has(path) && root !== '/null',
        );
        assert.deepEqual(others, []);
      });
    });

    it('an emptyDir: empty whatever the image has there, 0777, root’s, executable, shared, with subPath and readOnly', async () => {
      const mounts = [
        { name: 'work', mountPath: '/etc/nginx' },
        { name: 'work', mountPath: '/var/run' },
        { name: 'work', mountPath: '/opt/closed', readOnly: true },
        { name: 'work', mountPath: '/opt/part', subPath: 'a/b' },
      ];
      const text = podText({ ...readOnly, volumeMounts: mounts }, { volumes: [{ name: 'work', emptyDir: {} }] });
      await withPod(text, async (pod) => {
        assert.equal(await shell(pod, 'stat -c "%a %u %g" /etc/nginx /run'), '777 0 0\n777 0 0\n');
        const marks = engine.info.name === 'podman' ? '.containerenv\n' : '';
        assert.equal(await shell(pod, 'ls -A /etc/nginx | grep -vx a'), marks);
        assert.equal(await shell(pod, 'cp /bin/true /run/t && /etc/nginx/t && echo executed'), 'executed\n');
        assert.match(await shell(pod, 'touch /opt/closed/x'), /Read-only file system/);
        assert.equal(await shell(pod, 'touch /opt/part/x && ls /etc/nginx/a/b && stat -c %a /opt/part'), 'x\n777\n');
        const host = pod.containers[0]!.volumes.get('/etc/nginx')!;
        assert.ok(host.startsWith(directoryOf(run)));
        if (engine.info.local) assert.ok(existsSync(`${host}/t`));
      });
    });

    it('a memory emptyDir: a tmpfs of its size, open to everyone even where the image’s directory is not', async () => {
      const volumes = [{ name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }];
      const text = podText(
        { securityContext: { runAsUser: 65532 }, volumeMounts: [{ name: 'm', mountPath: '/etc/nginx' }] },
        { volumes },
      );
      await withPod(text, async (pod) => {
        assert.equal(
          await shell(
            pod,
            'ls -A /etc/nginx; stat -f -c %T /etc/nginx; stat -c %a /etc/nginx; cp /bin/true /etc/nginx/t && /etc/nginx/t && echo executed',
          ),
          'tmpfs\n777\nexecuted\n',
        );
        assert.match(await shell(pod, 'head -c 2000000 /dev/zero > /etc/nginx/big'), /No space left/);
      });
    });

    it('a memory emptyDir closes /dev/shm where it is mounted read-only', async () => {
      const volumes = [{ name: 'm', emptyDir: { medium: 'Memory' } }];
      const container = { ...readOnly, volumeMounts: [{ name: 'm', mountPath: '/dev/shm', readOnly: true }] };
      for (const hostUsers of [true, false]) {
        await withPod(podText(container, { volumes, hostUsers }), async (pod) => {
          assert.match(await shell(pod, 'ls -A /dev/shm; touch /dev/shm/x'), /^touch: .*Read-only file system\n$/);
        });
      }
    });

    it('/dev and /dev/shm for root, executable; /etc/hosts for root; the termination log for everyone', async () => {
      const script = [
        'for d in /dev /dev/shm; do cp /bin/true $d/t && $d/t && echo executed; done',
        'echo "10.9.9.9 x" >> /etc/hosts && getent hosts x',
        'echo bye > /dev/termination-log && cat /dev/termination-log',
        'echo x >> /etc/resolv.conf; echo x >> /etc/hostname',
      ].join('; ');
      await withPod(podText(readOnly), async (pod) => {
        const said = await shell(pod, script);
        assert.match(said, /^executed\nexecuted\n10\.9\.9\.9 +x\nbye\n/);
        assert.equal(said.match(/Read-only file system/g)?.length, 2);
      });
      const other = { securityContext: { readOnlyRootFilesystem: true, runAsUser: 65532 } };
      await withPod(podText(other), async (pod) => {
        const said = await shell(pod, script);
        assert.match(said, /\/dev\/t': Permission denied/);
        assert.match(said, /executed\n/);
        assert.match(said, /\/etc\/hosts: Permission denied/);
        assert.match(said, /^bye$/m);
      });
    });

    it('an image’s VOLUME, even under a read-only root', async () => {
      const image = await builtImage(engine, 'volume', 'VOLUME /data');
      await withPod(podText({ ...readOnly, image }), async (pod) => {
        assert.equal(await shell(pod, 'touch /data/x && echo written'), 'written\n');
      });
    });

    it('never the host: hostPath and claims get something fresh, and it is said', async () => {
      const volumes = [
        { name: 'etc', hostPath: { path: '/etc' } },
        { name: 'sock', hostPath: { path: '/run/containerd/containerd.sock', type: 'Socket' } },
        { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'nfs', nfs: { server: 'x', path: '/' } },
      ];
      const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
      const spec = { volumes, hostNetwork: true, hostPID: true, hostIPC: true };
      await withPod(podText({ ...readOnly, volumeMounts }, spec), async (pod) => {
        assert.equal(
          await shell(
            pod,
            'ls -A /mnt/etc /mnt/data /mnt/nfs | grep -v :$; touch /mnt/etc/x /mnt/data/x && test -S /mnt/sock && echo socket',
          ),
          '\n\nsocket\n',
        );
        for (const word of [
          '/etc',
          'containerd.sock',
          'persistent volume',
          'nfs',
          'hostNetwork',
          'hostPID',
          'hostIPC',
          'service account token',
        ]) {
          assert.ok(
            pod.differences.some((sentence) => sentence.includes(word)),
            word,
          );
        }
        assert.equal(existsSync('/etc/x'), false);
        const processes = Number(await shell(pod, 'ls -d /proc/[0-9]* | wc -l'));
        assert.ok(processes < 8, String(processes));
      });
    });
  });

  describe('who a process is', () => {
    const identity = (container: object, spec: object = {}) =>
      withPod(podText(container, spec), async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        return identityOf(pod, pod.containers[0]!);
      });

    it('containerd’s default capabilities, unfiltered, by default', async () => {
      const seen = await identity({});
      assert.deepEqual([seen.uid, seen.bounding, seen.effective, seen.ambient], [0, 0xa80425fbn, 0xa80425fbn, 0n]);
      assert.deepEqual([seen.noNewPrivileges, seen.seccomp], [false, 0]);
    });

    it('added capabilities are not ambient for another user, and low ports are free', async () => {
      const securityContext = {
        runAsUser: 65532,
        runAsGroup: 65532,
        capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] },
      };
      const seen = await identity({ securityContext });
      assert.deepEqual([seen.uid, seen.gid, seen.bounding], [65532, 65532, 1n << 10n]);
      assert.deepEqual([seen.effective, seen.permitted, seen.ambient], [0n, 0n, 0n]);
      const server = `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Listen => 1, LocalPort => 80) ? "bound" : $!'`;
      await withPod(
        podText({ securityContext: { runAsUser: 65532, capabilities: { drop: ['ALL'] } } }),
        async (pod) => {
          assert.equal(await shell(pod, server), 'bound');
        },
      );
    });

    it('no privilege escalation and the runtime’s seccomp where asked; pod settings reach the container', async () => {
      const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
      const seen = await identity(
        { securityContext },
        {
          securityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsUser: 1000, supplementalGroups: [4321] },
        },
      );
      assert.deepEqual([seen.uid, seen.bounding, seen.noNewPrivileges, seen.seccomp], [1000, 0n, true, 2]);
      assert.ok(seen.groups.includes(4321));
    });

    it('fsGroup owns the volumes', async () => {
      const spec = {
        securityContext: { fsGroup: 4242 },
        volumes: [
          { name: 'v', emptyDir: {} },
          { name: 'c', configMap: { name: 'c' } },
        ],
      };
      const container = {
        securityContext: { runAsUser: 65532 },
        volumeMounts: [
          { name: 'v', mountPath: '/v' },
          { name: 'c', mountPath: '/c' },
        ],
      };
      const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { key: 'text' } };
      await withPod(podText(container, spec, config), async (pod) => {
        assert.equal(
          await shell(pod, 'stat -c "%a %u %g" /v; touch /v/x; stat -c %g /v/x; stat -L -c "%a %g" /c/key'),
          '2777 0 4242\n4242\n644 4242\n',
        );
        assert.match(await shell(pod, 'id -G'), /4242/);
      });
    });

    it('the kubelet’s refusals of runAsNonRoot', async () => {
      const refusal = (container: object) =>
        withPod(podText(container), async ({ outcome, containers }) => [outcome.reason, containers.length]);
      const securityContext = { runAsNonRoot: true };
      assert.deepEqual(await refusal({ securityContext }), [
        'container main: container has runAsNonRoot and image will run as root',
        0,
      ]);
      assert.deepEqual(await refusal({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }), [
        "container main: container's runAsUser breaks non-root policy",
        0,
      ]);
      const image = await builtImage(engine, 'user', 'USER www-data');
      assert.deepEqual(await refusal({ image, securityContext }), [
        'container main: container has runAsNonRoot and image has non-numeric user (www-data), cannot verify user is non-root',
        0,
      ]);
      assert.equal((await identity({ image })).uid, 33);
    });

    it('the group of the image’s USER does not count', async () => {
      const image = await builtImage(engine, 'user-group', 'USER 65532:1234');
      const seen = await identity({ image, securityContext: { runAsNonRoot: true } });
      assert.deepEqual([seen.uid, seen.gid], [65532, 0]);
    });

    it('privileged is privileged where a proof asks for it, still with a read-only root', async (context) => {
      const securityContext = { privileged: true, readOnlyRootFilesystem: true };
      const look = async (pod: SandboxPod) => {
        if (pod.outcome.reason?.includes('unable to apply caps')) return context.skip(pod.outcome.reason);
        const seen = await identityOf(pod, pod.containers[0]!);
        assert.ok(seen.effective & (1n << 21n));
        assert.match(await shell(pod, 'touch /x'), /Read-only file system/);
        assert.match(await shell(pod, 'test -w /proc/sys/vm/swappiness && grep " /sys " /proc/self/mounts'), / rw,/);
        assert.doesNotMatch(pod.differences.join('\n'), /withheld/);
      };
      await withPod(podText({ securityContext }), look, { hostPrivileges: 'as-written' });
    });
  });

  describe('what it is given', () => {
    const config = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings' },
      data: { COLOUR: 'green', 'a.txt': 'alpha' },
      binaryData: { 'b.bin': 'AAEC' },
    };
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'keys' },
      data: { PASSWORD: Buffer.from('s3cret').toString('base64') },
      stringData: { plain: 'p' },
    };

    it('environment, command and arguments, expanded as the kubelet does', async () => {
      const container = {
        command: ['sh', '-c', 'echo "$0|$1"; env; sleep 300', 'zero-$(COLOUR)', '$$(COLOUR)-$(NOPE)'],
        envFrom: [{ configMapRef: { name: 'settings' } }, { prefix: 'S_', secretRef: { name: 'keys' } }],
        env: [
          { name: 'A', value: 'a' },
          { name: 'B', value: 'b-$(A)-$(COLOUR)' },
          { name: 'KEY', valueFrom: { secretKeyRef: { name: 'keys', key: 'PASSWORD' } } },
          { name: 'OPT', valueFrom: { configMapKeyRef: { name: 'nope', key: 'x', optional: true } } },
          { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
          { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'MEM', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
        ],
        resources: { limits: { memory: '64Mi' } },
      };
      await withPod(podText(container, {}, config, secret), async (pod) => {
        const log = await pod.logs(pod.containers[0]!);
        assert.match(log, /^zero-green\|\$\(COLOUR\)-\$\(NOPE\)$/m);
        const lines = log.split('\n');
        for (const line of [
          'B=b-a-green',
          'KEY=s3cret',
          'S_PASSWORD=s3cret',
          'S_plain=p',
          'POD=web',
          'LABEL=web',
          `IP=${pod.address}`,
          'MEM=64',
          'HOSTNAME=web',
        ]) {
          assert.ok(lines.includes(line), line);
        }
        assert.doesNotMatch(log, /^(OPT|container|TERM)=/m);
      });
    });

    it('files of ConfigMaps, Secrets, projections and the downward API, read-only, laid out as the kubelet does', async () => {
      const volumes = [
        {
          name: 'c',
          configMap: {
            name: 'settings',
            defaultMode: 0o400,
            items: [
              { key: 'a.txt', path: 'deep/a' },
              { key: 'b.bin', path: 'b', mode: 0o555 },
            ],
          },
        },
        { name: 's', secret: { secretName: 'keys' } },
        {
          name: 'p',
          projected: {
            sources: [
              { configMap: { name: 'settings' } },
              { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
              { serviceAccountToken: { path: 'token' } },
            ],
          },
        },
        { name: 'o', configMap: { name: 'nope', optional: true } },
      ];
      const volumeMounts = [
        ...volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` })),
        { name: 's', mountPath: '/opt/one', subPath: 'PASSWORD' },
      ];
      await withPod(podText({ volumeMounts }, { volumes }, config, secret), async (pod) => {
        const said = await shell(
          pod,
          'cd /mnt; cat c/deep/a; echo; stat -L -c %a c/deep/a c/b s/PASSWORD; readlink s/PASSWORD; od -An -tx1 c/b; cat p/COLOUR p/labels; echo; cat /opt/one; ls -A o',
        );
        assert.equal(
          said,
          'alpha\n400\n555\n644\n..data/PASSWORD\n 00 01 02\ngreenapp="web"\ns3cret..2026_01_01_00_00_00.000000000\n..data\n',
        );
        assert.match(await shell(pod, 'touch /mnt/c/x; echo x > /opt/one'), /Read-only[\s\S]*Read-only/);
        assert.ok(pod.differences.some((sentence) => sentence.includes('serviceAccountToken')));
      });
    });

    it('a ConfigMap or image that is not there is a clear failure, and nothing is left', async () => {
      const code = (wanted: string, words: RegExp) => (error: Failure) =>
        error instanceof Failure && error.code === wanted && words.test(error.message);
      const missing = podText({ envFrom: [{ configMapRef: { name: 'nope' } }] });
      await assert.rejects(
        withPod(missing, async () => {}),
        code('bad-manifest', /Container main needs ConfigMap "nope"/),
      );
      const volume = podText({ volumeMounts: [{ name: 'v', mountPath: '/v' }] });
      await assert.rejects(
        withPod(volume, async () => {}),
        code('bad-manifest', /mounts volume "v"/),
      );
      const outside = podText(
        { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../..' }] },
        { volumes: [{ name: 'v', emptyDir: {} }] },
      );
      await assert.rejects(
        withPod(outside, async () => {}),
        code('bad-manifest', /leaves its volume/),
      );
      const image = podText({ image: 'localhost/petrify/no-such-image:1', imagePullPolicy: 'Never' });
      await assert.rejects(
        withPod(image, async () => {}),
        code('image-missing', /no-such-image/),
      );
      assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] });
      assert.ok(!existsSync(directoryOf(run)) || statSync(directoryOf(run)).isDirectory());
    });
  });

  describe('when it is ready', () => {
    const reason = (container: object, spec: object = {}, options: Partial<PodOptions> = {}) =>
      withPod(podText(container, spec), async ({ outcome }) => outcome.reason, { readyTimeoutMs: 2_500, ...options });
    const noProbe = { readinessProbe: undefined };
    const script = (text: string) => ({ command: ['sh', '-c', text], ...noProbe });

    it('an exit is told with its code, and a command that is not there as such', async () => {
      assert.equal(await reason(script('exit 42')), 'container main exited with code 42');
      assert.equal(await reason(script('sleep 0.5; exit 3')), 'container main exited with code 3');
      assert.match(
        (await reason({ command: ['/no/such/program'] })) ?? '',
        /^container main could not be started: .*no such file/,
      );
    });

    it('a job may end well', async () => {
      assert.equal(await reason(script('exit 0'), { restartPolicy: 'Never' }), undefined);
      assert.equal(await reason(script('exit 1'), { restartPolicy: 'Never' }), 'container main exited with code 1');
      assert.equal(await reason(script('exit 0')), 'container main exited with code 0');
    });

    it('exec, HTTP and TCP probes decide', async () => {
      const exec = (command: string) => ({ exec: { command: ['sh', '-c', command] }, periodSeconds: 1 });
      assert.equal(
        await reason({ ...script('sleep 1; touch /tmp/up; sleep 300'), readinessProbe: exec('test -f /tmp/up') }),
        undefined,
      );
      assert.match((await reason({ readinessProbe: exec('exit 5') })) ?? '', /readiness probe failed: .* ended with 5/);
      const nginx = { command: undefined, ports: [{ name: 'http', containerPort: 80 }] };
      assert.equal(
        await reason({
          ...nginx,
          readinessProbe: { httpGet: { path: '/', port: 'http' } },
          livenessProbe: { tcpSocket: { port: 80 } },
        }),
        undefined,
      );
      assert.match(
        (await reason({ ...nginx, readinessProbe: { httpGet: { path: '/nope', port: 80 } } })) ?? '',
        /readiness probe failed: HTTP status 404/,
      );
      assert.match(
        (await reason({ readinessProbe: { tcpSocket: { port: 81 } } })) ?? '',
        /readiness probe failed: port 81: .*ECONNREFUSED/,
      );
    });

    it('startup and liveness probes kill after their thresholds, not before', async () => {
      const failing = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 };
      assert.match(
        (await reason({ livenessProbe: failing }, {}, { readyTimeoutMs: 10_000 })) ?? '',
        /liveness probe failed/,
      );
      assert.match(
        (await reason({ startupProbe: failing }, {}, { readyTimeoutMs: 10_000 })) ?? '',
        /startup probe failed/,
      );
    });

    it('without a probe: it stays up, and takes connections on its declared ports', async () => {
      assert.equal(await reason(noProbe), undefined);
      assert.equal(
        await reason({ ...noProbe, ports: [{ containerPort: 8080 }] }),
        'container main takes no connection on its port 8080',
      );
    });

    it('a container that dies while another one is still starting is not ready', async () => {
      const early = { name: 'early', image: BASE_IMAGE, command: ['sh', '-c', 'sleep 0.7; exit 9'], readinessProbe };
      const late = {
        command: ['sleep', '300'],
        readinessProbe: { exec: { command: ['sh', '-c', 'sleep 1.2'] }, timeoutSeconds: 3 },
      };
      const { workload, documents } = workloadsIn(podText(late));
      const text = JSON.stringify({
        ...(documents[0] as object),
        spec: { containers: [early, workload.containers[0]!.spec] },
      });
      await withPod(text, async ({ outcome }) => assert.equal(outcome.reason, 'container early exited with code 9'));
    });

    it('a postStart hook must succeed', async () => {
      const hook = (command: string[]) => ({ lifecycle: { postStart: { exec: { command } } } });
      assert.equal(await reason(hook(['touch', '/tmp/x'])), undefined);
      assert.match((await reason(hook(['false']))) ?? '', /postStart hook failed/);
    });

    it('a gRPC probe is not run, and that is said', async () => {
      await withPod(podText({ readinessProbe: { grpc: { port: 1 } } }), async (pod) => {
        assert.equal(pod.outcome.ready, true);
        assert.ok(pod.differences.some((sentence) => sentence.includes('gRPC')));
      });
    });
  });

  describe('several containers', () => {
    const say = (name: string, then: string) => ({
      name,
      image: BASE_IMAGE,
      command: ['sh', '-c', `echo ${name} >> /log/order; ${then}`],
      volumeMounts: [{ name: 'log', mountPath: '/log' }],
    });
    const volumes = [{ name: 'log', emptyDir: {} }];

    it('init containers and sidecars come first, in order; the network is one', async () => {
      const initContainers = [
        say('one', 'exit 0'),
        { ...say('side', 'exec nginx -g "daemon off;"'), restartPolicy: 'Always' },
        say('two', 'exit 0'),
      ];
      const text = podText(say('main', 'sleep 300'), { initContainers, volumes });
      await withPod(text, async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        assert.equal(await shell(pod, 'cat /log/order', 3), 'one\nside\ntwo\nmain\n');
        const ask = `perl -MIO::Socket::INET -e 'print IO::Socket::INET->new("127.0.0.1:80") ? "open" : "closed"'`;
        assert.equal(await shell(pod, ask, 3), 'open');
        assert.equal(await shell(pod, 'hostname; cat /proc/sys/net/ipv4/ip_unprivileged_port_start', 3), 'web\n0\n');
        assert.doesNotMatch(await shell(pod, 'cat /proc/*/comm', 3), /nginx/);
        assert.ok(pod.address);
      });
    });

    it('a failed init container stops everything', async () => {
      const text = podText(say('main', 'sleep 300'), { initContainers: [say('one', 'exit 6')], volumes });
      await withPod(text, async (pod) => {
        assert.deepEqual([pod.outcome.reason, pod.containers.length], ['init container one exited with code 6', 1]);
      });
    });

    it('an init container that hangs is given up', async () => {
      const text = podText(say('main', 'sleep 300'), { initContainers: [say('one', 'sleep 300')], volumes });
      await withPod(text, async (pod) => assert.equal(pod.outcome.reason, 'init container one did not end in time'), {
        readyTimeoutMs: 800,
      });
    });

    it('share their processes where the pod says so', async () => {
      const text = podText({ command: ['sleep', '12345'] }, { shareProcessNamespace: true });
      await withPod(text, async (pod) => {
        assert.match(
          await shell(pod, 'cat /proc/1/comm; cat /proc/[0-9]*/cmdline | tr "\\0" " "'),
          /^pause\n[\s\S]*sleep 12345/,
        );
      });
    });
  });

  describe('the trap', () => {
    it('Podman’s Docker dialect hides writable mounts under a read-only root, and the read-back finds them', async (context) => {
      if (engine.info.name !== 'podman') return context.skip('only Podman has this dialect');
      const { workload, documents } = workloadsIn(podText(readOnly));
      const dialect = dockerEngine(addressOf(engine.info.address, process.env), engine.info);
      await assert.rejects(runPod(dialect, workload, { run, documents }), (error: Failure) => {
        return (
          error.code === 'engine-refused' &&
          /\/run is a writable tmpfs.*\/tmp is a writable tmpfs.*\/var\/tmp is/.test(error.message)
        );
      });
      assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] });
    });
  });

  describe('watching from outside', () => {
    it('hands over the process before its first instruction', async (context) => {
      const seen: string[] = [];
      const text = podText({ command: ['sh', '-c', 'echo running; sleep 300'] });
      await withPod(
        text,
        async (pod) => {
          if (engine.info.name !== 'podman') return context.skip('this engine cannot initialise without starting');
          assert.deepEqual(seen, ['', String((await pod.state(pod.containers[0]!)).pid)]);
        },
        { onInitialised: async ({ id }, pid) => void seen.push(await engine.logs(id), String(pid)) },
      );
    });

    it('stops when told to, and leaves nothing', async () => {
      const abort = new AbortController();
      const text = podText({ readinessProbe: { exec: { command: ['false'] } } });
      setTimeout(() => abort.abort(), 700);
      await assert.rejects(
        withPod(text, async () => {}, { signal: abort.signal }),
        (error: Failure) => error.code === 'interrupted',
      );
      assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] });
    });

    it('labels everything', async () => {
      await withPod(podText({}, { shareProcessNamespace: true }), async () => {
        const { containers, networks } = await engine.labelled(run);
        assert.deepEqual([containers.length, networks.length], [2, 1]);
        assert.equal(RUN_LABEL, 'petrify.dev/run');
      });
    });
  });
}
