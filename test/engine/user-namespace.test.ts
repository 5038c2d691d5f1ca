/** `hostUsers: false`: the pod's own user namespace is as a real cluster's, whose answers are held here. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it, test } from 'node:test';
import { removeRun } from '../../src/engine/cleanup.ts';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { PodOptions, SandboxPod } from '../../src/engine/pod.ts';
import { identityOf, mountsOf } from '../../src/engine/read-back.ts';
import { directoryOf, newRun } from '../../src/engine/runs.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { POD_IDS, podIdsOf } from '../../src/engine/user-namespace.ts';
import { BASE_IMAGE, builtImage } from './images.ts';
import { workloadsIn } from './workloads.ts';

const engine = await connectEngine('podman', process.env).catch((error: Error) => error);
const asking = workloadsIn(
  '{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {hostUsers: false, containers: []}}',
);
if (engine instanceof Error) test('user namespaces', { skip: `no Podman answers: ${engine.message}` }, () => {});
else if (!podIdsOf(asking.workload, engine.info))
  test('user namespaces', { skip: 'this machine gives Podman no user namespaces' }, () => {});
else userNamespaceTests(engine);

function userNamespaceTests(engine: Engine): void {
  const run = newRun();
  after(() => removeRun(engine, run));

  const readinessProbe = { exec: { command: ['true'] } };

  const podText = (container: object, spec: object = {}, ...more: object[]) =>
    [
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'web' },
        spec: {
          hostUsers: false,
          ...spec,
          containers: [{ name: 'main', image: BASE_IMAGE, command: ['sleep', '300'], readinessProbe, ...container }],
        },
      },
      ...more,
    ]
      .map((document) => JSON.stringify(document))
      .join('\n---\n');

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

  const shell = async (pod: SandboxPod, script: string, index = 0) => {
    const { stdout, stderr } = await pod.exec(pod.containers[index]!, ['sh', '-c', script]);
    return String(stdout) + String(stderr);
  };
  const readOnly = { securityContext: { readOnlyRootFilesystem: true } };
  const pidOf = async (pod: SandboxPod, index = 0) => (await pod.state(pod.containers[index]!)).pid;
  const said = (pod: SandboxPod) => pod.differences.join('\n');

  describe('whose root it is', () => {
    it('root inside is nobody on the host, and all containers share one namespace with their network', async () => {
      const initContainers = [
        { name: 'side', image: BASE_IMAGE, command: ['sleep', '300'], restartPolicy: 'Always', readinessProbe },
      ];
      await withPod(podText(readOnly, { initContainers }), async (pod) => {
        assert.equal(pod.outcome.reason, undefined);
        assert.doesNotMatch(said(pod), /hostUsers|\/dev\/shm/);
        const pids = [await pidOf(pod, 0), await pidOf(pod, 1)];
        for (const pid of pids) assert.equal(statSync(`/proc/${pid}`).uid, POD_IDS.first);
        const namespaces = (kind: string) => pids.map((pid) => readlinkSync(`/proc/${pid}/ns/${kind}`));
        assert.equal(new Set([...namespaces('user'), readlinkSync('/proc/self/ns/user')]).size, 2);
        assert.equal(new Set(namespaces('net')).size, 1);
        assert.match(
          readFileSync(`/proc/${pids[0]}/uid_map`, 'utf8'),
          new RegExp(`^ *0 +${POD_IDS.first} +65536$`, 'm'),
        );
        assert.equal(await shell(pod, 'id -u; stat -c "%u %g" / /etc/passwd /dev /dev/shm | sort -u'), '0\n0 0\n');
        // Only the owner of the network's user namespace may change it, and see it in /sys.
        assert.equal(
          await shell(pod, 'ls /sys/class/net; cat /proc/sys/net/ipv4/ip_unprivileged_port_start'),
          'eth0\nlo\n0\n',
        );
        const { uid, gid, bounding, effective } = await identityOf(pod, pod.containers[1]!);
        assert.deepEqual([uid, gid, bounding, effective], [0, 0, 0xa80425fbn, 0xa80425fbn]);
        await shell(pod, 'echo shared > /dev/shm/x');
        assert.equal(await shell(pod, 'cat /dev/shm/x', 1), 'shared\n');
      });
    });

    it('another user is that user inside, with its groups', async () => {
      const securityContext = { runAsUser: 65532, runAsGroup: 65532, capabilities: { add: ['NET_BIND_SERVICE'] } };
      const spec = { securityContext: { supplementalGroups: [4321], fsGroup: 4242 } };
      await withPod(podText({ securityContext }, spec), async (pod) => {
        const seen = await identityOf(pod, pod.containers[0]!);
        assert.deepEqual([seen.uid, seen.gid, seen.effective, seen.ambient], [65532, 65532, 0n, 0n]);
        assert.deepEqual(
          [4242, 4321].map((group) => seen.groups.includes(group)),
          [true, true],
        );
        assert.equal(statSync(`/proc/${await pidOf(pod)}`).uid, POD_IDS.first + 65532);
      });
    });

    it('a user that the namespace does not have is refused', async () => {
      await withPod(podText({ securityContext: { runAsUser: 70000 } }), async ({ outcome }) => {
        assert.match(outcome.reason ?? '', /^container main could not be started: /);
      });
    });

    it('processes are shared where the pod says so', async () => {
      await withPod(podText({ command: ['sleep', '12345'] }, { shareProcessNamespace: true }), async (pod) => {
        assert.match(
          await shell(pod, 'cat /proc/1/comm; cat /proc/[0-9]*/cmdline | tr "\\0" " "'),
          /^pause\n[\s\S]*12345/,
        );
      });
    });
  });

  describe('what a privileged root can do (measured on Kubernetes 1.36)', () => {
    const privileged = { securityContext: { privileged: true, runAsUser: 0, readOnlyRootFilesystem: true } };
    const asWritten: Partial<PodOptions> = { hostPrivileges: 'as-written' };

    it('no remount of the file system and no setting of the host, but a remount of the mount', async () => {
      const swappiness = readFileSync('/proc/sys/vm/swappiness', 'utf8');
      await withPod(
        podText(privileged),
        async (pod) => {
          assert.equal(pod.outcome.reason, undefined);
          assert.match(await shell(pod, 'touch /etc/x'), /Read-only file system/);
          assert.match(await shell(pod, 'mount -o remount,rw / && echo done'), /permission denied/);
          assert.match(await shell(pod, 'echo 7 > /proc/sys/vm/swappiness && echo done'), /Permission denied/);
          assert.equal(await shell(pod, 'mount -o remount,bind,rw / && echo x > /etc/x && cat /etc/x'), 'x\n');
          assert.match(await shell(pod, 'grep " /sys " /proc/self/mounts'), / rw,.* 0 0\n/);
          assert.match(
            await shell(pod, 'echo 1400 > /sys/class/net/eth0/mtu && cat /sys/class/net/eth0/mtu'),
            /^1400\n/,
          );
        },
        asWritten,
      );
      assert.equal(readFileSync('/proc/sys/vm/swappiness', 'utf8'), swappiness);
    });

    it('/dev/shm is noexec and stays so; /dev can be executed in', async () => {
      const look = async (pod: SandboxPod) => {
        const mounts = new Map((await mountsOf(pod, pod.containers[0]!)).map((mount) => [mount.path, mount]));
        assert.deepEqual([mounts.get('/dev/shm')?.executable, mounts.get('/dev/shm')?.writable], [false, true]);
        assert.match(mounts.get('/dev/shm')?.options.join() ?? '', /size=65536k/);
        assert.equal(
          await shell(pod, 'stat -c %a /dev/shm; cp /bin/true /dev/t && /dev/t && echo executed'),
          '1777\nexecuted\n',
        );
        assert.match(await shell(pod, 'cp /bin/true /dev/shm/t && /dev/shm/t'), /Permission denied/);
        assert.equal(
          await shell(pod, 'echo x > /dev/null && test -c /dev/pts/ptmx && test -d /dev/mqueue && echo there'),
          'there\n',
        );
        return shell(pod, 'mount -o remount,bind,exec /dev/shm && echo done');
      };
      await withPod(podText(readOnly), look);
      assert.match(await withPod(podText(privileged), look, asWritten), /permission denied/);
    });

    it('an unmasked /proc, and still no setting of the host', async () => {
      const securityContext = { procMount: 'Unmasked', runAsUser: 0 };
      await withPod(
        podText({ securityContext }),
        async (pod) => {
          const mounts = (await mountsOf(pod, pod.containers[0]!)).map(({ path }) => path);
          assert.deepEqual(
            mounts.filter((path) => path.startsWith('/proc/')),
            [],
          );
          assert.match(await shell(pod, 'echo 7 > /proc/sys/vm/swappiness && echo done'), /Permission denied/);
        },
        asWritten,
      );
    });
  });

  describe('its files', () => {
    it('nothing under a read-only root but what the spec names', async () => {
      await withPod(podText(readOnly), async (pod) => {
        const words = await shell(pod, 'for d in / /run /tmp /var/tmp /etc /sys /sys/fs/cgroup; do touch $d/x; done');
        assert.equal(words.match(/Read-only file system/g)?.length, 7, words);
        assert.match(await shell(pod, 'echo x > /etc/nginx/nginx.conf'), /Read-only/);
      });
      await withPod(podText({}), async (pod) => {
        assert.equal(
          await shell(pod, 'echo x > /etc/passwd && touch /new && stat -c "%u %g" /new /etc/passwd'),
          '0 0\n0 0\n',
        );
        const changes = new Map((await pod.changes(pod.containers[0]!)).map(({ path, kind }) => [path, kind]));
        assert.deepEqual([changes.get('/new'), changes.get('/etc/passwd')], ['added', 'modified']);
      });
    });

    it('an emptyDir of root, open to everybody, with its parts', async () => {
      const mounts = [
        { name: 'work', mountPath: '/etc/nginx' },
        { name: 'work', mountPath: '/opt/closed', readOnly: true },
        { name: 'work', mountPath: '/opt/part', subPath: 'a/b' },
      ];
      const spec = { volumes: [{ name: 'work', emptyDir: {} }] };
      for (const runAsUser of [0, 65532]) {
        const securityContext = { readOnlyRootFilesystem: true, runAsUser, capabilities: { drop: ['ALL'] } };
        await withPod(podText({ securityContext, volumeMounts: mounts }, spec), async (pod) => {
          assert.equal(pod.outcome.reason, undefined);
          assert.equal(
            await shell(pod, 'stat -c "%a %u %g" /etc/nginx /etc/nginx/a /opt/part'),
            '777 0 0\n777 0 0\n777 0 0\n',
          );
          assert.equal(await shell(pod, 'cp /bin/true /etc/nginx/t && /opt/closed/t && echo executed'), 'executed\n');
          assert.equal(await shell(pod, `touch /opt/part/x && stat -c %u /etc/nginx/a/b/x`), `${runAsUser}\n`);
          assert.match(await shell(pod, 'touch /opt/closed/x'), /Read-only file system/);
        });
      }
    });

    it('memory of everybody, and the sentence whose it is', async () => {
      const volumes = [{ name: 'm', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } }];
      const container = {
        securityContext: { runAsUser: 65532 },
        volumeMounts: [{ name: 'm', mountPath: '/etc/nginx' }],
      };
      await withPod(podText(container, { volumes, securityContext: { fsGroup: 4242 } }), async (pod) => {
        assert.equal(
          await shell(pod, 'stat -c "%a %u %g" /etc/nginx; touch /etc/nginx/x; stat -c %g /etc/nginx/x'),
          '2777 0 4242\n4242\n',
        );
        assert.match(said(pod), /Volume m: its tmpfs/);
      });
    });

    it('ConfigMaps, Secrets and the kubelet’s own files, owned by root or the fsGroup', async () => {
      const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { key: 'text' } };
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { key: 'hidden' } };
      const volumes = [
        { name: 'c', configMap: { name: 'c' } },
        { name: 's', secret: { secretName: 's', defaultMode: 0o400 } },
        { name: 'v', emptyDir: {} },
      ];
      const volumeMounts = volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` }));
      const script =
        'cat /mnt/c/key /mnt/s/key; stat -L -c " %a %u %g" /mnt/c/key /mnt/s/key /mnt/v; stat -c "%u %g" /mnt/c/key /etc/hosts';
      const text = (spec: object) => podText({ ...readOnly, volumeMounts }, { volumes, ...spec }, config, secret);
      await withPod(text({}), async (pod) => {
        assert.equal(await shell(pod, script), 'texthidden 644 0 0\n 400 0 0\n 777 0 0\n0 0\n0 0\n');
        const writes =
          'echo "10.9.9.9 x" >> /etc/hosts && getent hosts x; echo bye > /dev/termination-log && echo said; echo x > /mnt/c/key';
        assert.match(await shell(pod, writes), /^10\.9\.9\.9 +x\nsaid\n[\s\S]*Read-only/);
      });
      await withPod(text({ securityContext: { fsGroup: 4242, runAsUser: 65532 } }), async (pod) => {
        assert.equal(await shell(pod, script), 'texthidden 644 0 4242\n 440 0 4242\n 2777 0 4242\n0 0\n0 0\n');
        assert.equal(await shell(pod, 'touch /mnt/v/x && stat -c "%u %g" /mnt/v/x'), '65532 4242\n');
      });
    });

    it('an image’s VOLUME belongs to its root', async () => {
      const image = await builtImage(engine, 'volume', 'VOLUME /data');
      await withPod(podText({ ...readOnly, image }), async (pod) => {
        assert.equal(await shell(pod, 'touch /data/x && stat -c "%u %g" /data /data/x'), '0 0\n0 0\n');
      });
    });

    it('what a run mounts besides can be read and executed; a real hostPath keeps its owners, and that is said', async () => {
      const given = mkdtempSync(join(tmpdir(), 'petrify-given-'));
      try {
        writeFileSync(join(given, 'program'), '#!/bin/sh\necho ran\n', { mode: 0o555 });
        const source = join(given, 'program');
        const volumes = [{ name: 'h', hostPath: { path: given } }];
        const volumeMounts = [{ name: 'h', mountPath: '/host' }];
        await withPod(
          podText({ ...readOnly, volumeMounts }, { volumes }),
          async (pod) => {
            assert.equal(await shell(pod, '/probe/program; stat -c %u /host'), 'ran\n65534\n');
            assert.match(said(pod), /Volume h: what is the host’s root’s there/);
          },
          { extraBinds: [{ source, target: '/probe/program', readOnly: true }], hostPaths: ['h'] },
        );
        assert.equal(statSync(given).uid, 0);
        await withPod(podText({ ...readOnly, volumeMounts }, { volumes }), async (pod) => {
          assert.equal(await shell(pod, 'stat -c "%u %a" /host; touch /host/x && echo written'), '0 755\nwritten\n');
        });
      } finally {
        rmSync(given, { recursive: true });
      }
    });
  });

  describe('around it', () => {
    it('the example becomes ready and answers the host', async () => {
      const text = readFileSync(new URL('../../examples/nginx/deployment.yaml', import.meta.url), 'utf8');
      const { workload, documents } = workloadsIn(text);
      const own = { ...workload, podSpec: { ...workload.podSpec, hostUsers: false } };
      const pod = await runPod(engine, own, { run, documents });
      try {
        assert.deepEqual([pod.outcome.ready, pod.outcome.reason], [true, undefined]);
        assert.equal((await fetch(`http://${pod.address}/`)).status, 200);
        assert.match(await shell(pod, 'getent hosts web.default.svc.cluster.local'), new RegExp(pod.address!));
        assert.doesNotMatch(said(pod), /hostUsers/);
        await pod.stop(10);
        assert.equal((await pod.restart()).reason, undefined);
      } finally {
        await pod.remove();
      }
    });

    it('with a namespace of the host, as Kubernetes does not allow it, there is none, and that is said', async () => {
      await withPod(
        podText(readOnly, { hostNetwork: true }),
        async (pod) => {
          assert.match(
            said(pod),
            /^hostUsers: Kubernetes rejects false together with hostNetwork; .* no user namespace/m,
          );
          assert.equal(statSync(`/proc/${await pidOf(pod)}`).uid, 0);
        },
        { hostNamespaces: ['network'] },
      );
    });

    it('leaves nothing', async () => {
      const { workload, documents } = workloadsIn(
        podText({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }, { volumes: [{ name: 'v', emptyDir: {} }] }),
      );
      const own = newRun();
      const pod = await runPod(engine, workload, { run: own, documents });
      await shell(pod, 'mkdir -m 0 /v/closed && touch /v/closed/x && chown -R 1234:5678 /v');
      await pod.remove();
      assert.equal(existsSync(directoryOf(own)), false);
      assert.deepEqual(await engine.labelled(own), { containers: [], networks: [] });
    });
  });
}
