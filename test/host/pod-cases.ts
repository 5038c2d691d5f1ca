/** What a pod does wherever Petrify runs it: a sandbox and a real cluster pass the same cases. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { PodOptions, RunningPod } from '../../src/engine/pod.ts';
import { newRun } from '../../src/engine/runs.ts';
import { Failure } from '../../src/failure.ts';
import type { PodHost } from '../../src/host/host.ts';
import { BASE_IMAGE } from '../engine/images.ts';
import { workloadsIn } from '../engine/workloads.ts';

/** Without a probe, every pod would wait for the settle time. */
const readinessProbe = { exec: { command: ['true'] }, periodSeconds: 1 };
/** The image asks to be stopped with SIGQUIT. */
const SLEEP = { command: ['sh', '-c', `trap 'exit 0' TERM QUIT; while :; do sleep 0.2; done`] };
const readOnly = { securityContext: { readOnlyRootFilesystem: true } };

/** A pod of one container that waits; `container` and `spec` are merged into it. */
function podText(container: object, spec: object = {}, ...more: object[]): string {
  const main = { name: 'main', image: BASE_IMAGE, imagePullPolicy: 'IfNotPresent', readinessProbe, ...SLEEP };
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { terminationGracePeriodSeconds: 2, ...spec, containers: [{ ...main, ...container }] },
  };
  return [pod, ...more].map((document) => JSON.stringify(document)).join('\n---\n');
}

/** @param left what the host still has of a run: nothing, after everything was removed */
export function podCases(host: PodHost, left: (run: string) => Promise<readonly string[]>): void {
  const run = newRun();
  after(() => host.removeRun(run));

  async function withPod<T>(
    text: string,
    look: (pod: RunningPod) => Promise<T>,
    options: Partial<PodOptions> = {},
  ): Promise<T> {
    const { workload, documents } = workloadsIn(text);
    const pod = await host.runPod(workload, { run, documents, readyTimeoutMs: 20_000, ...options });
    try {
      return await look(pod);
    } finally {
      await pod.remove();
    }
  }

  const shell = async (pod: RunningPod, script: string, index = 0) => {
    const { stdout, stderr } = await pod.exec(pod.containers[index]!, ['sh', '-c', script]);
    return String(stdout) + String(stderr);
  };
  const reason = (container: object, spec: object = {}, options: Partial<PodOptions> = {}) =>
    withPod(podText(container, spec), async ({ outcome }) => outcome.reason, options);
  const script = (text: string) => ({ command: ['sh', '-c', text], readinessProbe: undefined });

  it('becomes ready, answers, tells what it listens on, stops in peace', async () => {
    const nginx = { command: undefined, readinessProbe: undefined, ports: [{ containerPort: 80 }] };
    await withPod(podText(nginx), async (pod) => {
      assert.deepEqual([pod.outcome.ready, pod.outcome.reason], [true, undefined]);
      assert.ok(pod.outcome.readyMs! > 0);
      const at = await pod.reach(80);
      assert.equal((await fetch(`http://${at!.host}:${at!.port}/`)).status, 200);
      const closed = await pod.reach(81);
      await assert.rejects(fetch(`http://${closed!.host}:${closed!.port}/`), 'nobody listens there');
      assert.deepEqual(await pod.listening(pod.containers[0]!), [80]);
      const running = await pod.state(pod.containers[0]!);
      assert.deepEqual([running.status, running.exitCode], ['running', undefined]);
      await pod.stop(5);
      assert.equal((await pod.state(pod.containers[0]!)).exitCode, 0);
    });
  });

  it('an exit is told with its code, a missing program as such, and the log is kept', async () => {
    await withPod(podText(script('echo out; echo err >&2; exit 42')), async (pod) => {
      assert.deepEqual([pod.outcome.ready, pod.outcome.reason], [false, 'container main exited with code 42']);
      const log = await pod.logs(pod.containers[0]!);
      assert.match(log, /out/);
      assert.match(log, /err/);
      const { status, exitCode } = await pod.state(pod.containers[0]!);
      assert.deepEqual([status, exitCode], ['exited', 42]);
      await pod.stop(1);
      assert.match(await pod.logs(pod.containers[0]!), /out/, 'it is not lost with the pod');
    });
    assert.match(
      (await reason({ command: ['/no/such/program'], readinessProbe: undefined })) ?? '',
      /^container main could not be started: .*no such file/,
    );
  });

  it('a job may end well, anything else may not end at all', async () => {
    assert.equal(await reason(script('exit 0'), { restartPolicy: 'Never' }), undefined);
    assert.equal(await reason(script('exit 1'), { restartPolicy: 'Never' }), 'container main exited with code 1');
    assert.equal(await reason(script('exit 0')), 'container main exited with code 0');
  });

  it('is not ready with the reason of its probe, or of its closed port', async () => {
    const failing = { exec: { command: ['sh', '-c', 'exit 5'] }, periodSeconds: 1 };
    const patience = { readyTimeoutMs: 4_000 };
    assert.match(
      (await reason({ readinessProbe: failing }, {}, patience)) ?? '',
      /^container main: readiness probe failed/,
    );
    assert.match(
      (await reason({ livenessProbe: { ...failing, failureThreshold: 1 } }, {}, { readyTimeoutMs: 15_000 })) ?? '',
      /^container main: liveness probe failed/,
    );
    assert.equal(
      await reason({ readinessProbe: undefined, ports: [{ containerPort: 8080 }] }, {}, patience),
      'container main takes no connection on its port 8080',
    );
  });

  it('the last words of a container that is stopped are in its log', async () => {
    const last = `trap 'echo ending; exit 7' TERM QUIT; echo begun; while :; do sleep 0.1; done`;
    await withPod(podText(script(last)), async (pod) => {
      await pod.stop(5);
      assert.equal(await pod.logs(pod.containers[0]!), 'begun\nending\n');
      assert.equal((await pod.state(pod.containers[0]!)).exitCode, 7);
    });
  });

  it('a command gives its output and its code', async () => {
    await withPod(podText({}), async (pod) => {
      const done = await pod.exec(pod.containers[0]!, ['sh', '-c', 'echo one; echo two >&2; exit 3']);
      assert.deepEqual([done.exitCode, String(done.stdout), String(done.stderr)], [3, 'one\n', 'two\n']);
      const absent = await pod.exec(pod.containers[0]!, ['/no/such/program']).catch(() => ({ exitCode: 127 }));
      assert.notEqual(absent.exitCode, 0);
      await assert.rejects(pod.exec(pod.containers[0]!, ['sleep', '30'], { timeoutMs: 700 }));
    });
  });

  it('init containers come first, in order; one that fails or hangs stops everything', async () => {
    const say = (name: string, then: string) => ({
      name,
      image: BASE_IMAGE,
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', `echo ${name} >> /log/order; ${then}`],
      volumeMounts: [{ name: 'log', mountPath: '/log' }],
    });
    const volumes = [{ name: 'log', emptyDir: {} }];
    const main = say('main', `trap 'exit 0' TERM QUIT; while :; do sleep 0.2; done`);
    const initContainers = [say('one', 'exit 0'), say('two', 'exit 0')];
    await withPod(podText(main, { initContainers, volumes }), async (pod) => {
      assert.equal(pod.outcome.reason, undefined);
      assert.deepEqual(
        pod.containers.map(({ container }) => container.name),
        ['one', 'two', 'main'],
      );
      assert.equal(await shell(pod, 'cat /log/order', 2), 'one\ntwo\nmain\n');
    });
    assert.equal(
      await reason(main, { initContainers: [say('one', 'exit 6')], volumes }),
      'init container one exited with code 6',
    );
    assert.equal(
      await reason(main, { initContainers: [say('one', 'sleep 60')], volumes }, { readyTimeoutMs: 2_000 }),
      'init container one did not end in time',
    );
  });

  it('a read-only root refuses writes with the words of the kernel, in the log as well', async () => {
    const text = podText({
      ...script('touch /var/x; trap "exit 0" TERM QUIT; while :; do sleep 0.2; done'),
      ...readOnly,
    });
    await withPod(text, async (pod) => {
      assert.match(await pod.logs(pod.containers[0]!), /\/var\/x'?: Read-only file system/);
      assert.match(await shell(pod, 'touch /etc/x /tmp/x'), /Read-only[\s\S]*Read-only/);
    });
  });

  it('an emptyDir: empty whatever the image has there, 0777, root’s, executable, shared', async () => {
    const volumeMounts = [
      { name: 'work', mountPath: '/etc/nginx' },
      { name: 'work', mountPath: '/opt/closed', readOnly: true },
      { name: 'work', mountPath: '/opt/part', subPath: 'a/b' },
    ];
    const text = podText({ ...readOnly, volumeMounts }, { volumes: [{ name: 'work', emptyDir: {} }] });
    await withPod(text, async (pod) => {
      assert.equal(
        await shell(pod, 'stat -c "%a %u %g" /etc/nginx; test -e /etc/nginx/nginx.conf; echo $?'),
        '777 0 0\n1\n',
      );
      assert.equal(await shell(pod, 'cp /bin/true /etc/nginx/t && /etc/nginx/t && echo executed'), 'executed\n');
      assert.match(await shell(pod, 'touch /opt/closed/x'), /Read-only file system/);
      assert.equal(await shell(pod, 'touch /opt/part/x && ls /etc/nginx/a/b'), 'x\n');
    });
  });

  it('ConfigMaps, Secrets and variables come from the input; what is missing is said', async () => {
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { COLOUR: 'green' } };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'keys' }, stringData: { PASSWORD: 's3cret' } };
    const container = {
      envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'nope', optional: true } }],
      env: [
        { name: 'PASS', valueFrom: { secretKeyRef: { name: 'keys', key: 'PASSWORD' } } },
        { name: 'BOTH', value: '$(COLOUR) $(PASS)' },
      ],
      volumeMounts: [
        { name: 'c', mountPath: '/mnt/c' },
        { name: 's', mountPath: '/mnt/s' },
      ],
    };
    const volumes = [
      { name: 'c', configMap: { name: 'settings' } },
      { name: 's', secret: { secretName: 'keys', defaultMode: 0o440 } },
    ];
    await withPod(podText(container, { volumes }, config, secret), async (pod) => {
      const said = await shell(
        pod,
        'echo "$BOTH"; cat /mnt/c/COLOUR; echo; stat -L -c %a /mnt/s/PASSWORD; touch /mnt/c/x',
      );
      assert.match(said, /^green s3cret\ngreen\n440\n.*Read-only file system/);
    });
    await assert.rejects(
      withPod(podText({ envFrom: [{ configMapRef: { name: 'nope' } }] }), async () => {}),
      (error: Failure) => error.code === 'bad-manifest' && /Container main needs ConfigMap "nope"/.test(error.message),
    );
  });

  it('who a process is: user, group, capabilities, no new privileges, seccomp, fsGroup', async () => {
    const securityContext = {
      runAsUser: 65532,
      runAsGroup: 65532,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    const spec = { securityContext: { fsGroup: 4242 }, volumes: [{ name: 'v', emptyDir: {} }] };
    const text = podText({ securityContext, volumeMounts: [{ name: 'v', mountPath: '/v' }] }, spec);
    await withPod(text, async (pod) => {
      const status = await shell(
        pod,
        `grep -E '^(Uid|Gid|CapBnd|CapEff|NoNewPrivs|Seccomp):' /proc/self/status; id -G`,
      );
      assert.match(status, /Uid:\s65532/);
      assert.match(status, /Gid:\s65532/);
      assert.match(status, /CapEff:\s0{16}\nCapBnd:\s0{16}/);
      assert.match(status, /NoNewPrivs:\s1\nSeccomp:\s2/);
      assert.match(status, /\b4242\b/);
      assert.equal(await shell(pod, 'stat -c "%a %g" /v; touch /v/x; stat -c %g /v/x'), '2777 4242\n4242\n');
    });
    await withPod(podText({}), async (pod) => {
      assert.match(await shell(pod, 'grep CapBnd /proc/self/status'), /00000000a80425fb/);
    });
    assert.equal(
      await reason({ securityContext: { runAsNonRoot: true, runAsUser: 0 } }),
      "container main: container's runAsUser breaks non-root policy",
    );
  });

  it('nothing of the host: paths, namespaces and privileges are withheld, and that is said', async () => {
    const volumes = [
      { name: 'etc', hostPath: { path: '/etc' } },
      { name: 'data', persistentVolumeClaim: { claimName: 'data' } },
    ];
    const container = {
      securityContext: { privileged: true },
      volumeMounts: [
        { name: 'etc', mountPath: '/mnt/etc' },
        { name: 'data', mountPath: '/mnt/data' },
      ],
    };
    await withPod(podText(container, { volumes, hostPID: true, hostNetwork: true }), async (pod) => {
      assert.equal(pod.outcome.reason, undefined);
      assert.equal(await shell(pod, 'ls -A /mnt/etc /mnt/data | grep -v :$'), '\n');
      assert.ok(Number(await shell(pod, 'ls -d /proc/[0-9]* | wc -l')) < 12);
      assert.match(await shell(pod, 'grep CapEff /proc/self/status'), /00000000a80425fb/);
      for (const word of ['/etc', 'persistent volume', 'hostPID', 'hostNetwork', 'privileged']) {
        assert.ok(
          pod.differences.some((sentence) => sentence.includes(word)),
          word,
        );
      }
    });
  });

  it('what was changed since the image is told, with what kind of file it is', async () => {
    const { workload, documents } = workloadsIn(podText({}));
    await host.image(BASE_IMAGE, { run, workload, documents });
    const writes =
      'mkdir /srv/new; echo 12345 > /srv/new/file; rm /etc/nginx/mime.types; echo x >> /etc/nginx/nginx.conf';
    await withPod(podText({}), async (pod) => {
      await shell(pod, writes);
      const changes = await pod.changes(pod.containers[0]!);
      const own = changes.filter(({ path }) => /^\/(srv|etc\/nginx)\//.test(path));
      assert.deepEqual(own.map(({ kind, path }) => `${kind} ${path}`).sort(), [
        'added /srv/new',
        'added /srv/new/file',
        'deleted /etc/nginx/mime.types',
        'modified /etc/nginx/nginx.conf',
      ]);
      const stat = await pod.stat(pod.containers[0]!, '/srv/new/file');
      assert.deepEqual([stat?.type, stat?.size], ['file', 6]);
      assert.equal(await pod.stat(pod.containers[0]!, '/srv/nothing'), undefined);
    });
  });

  it('an image tells its user, and its files are there to be looked into', async () => {
    const image = await host.image(BASE_IMAGE, { run });
    assert.match(image.id, /[0-9a-f]{12}/);
    assert.match(image.config.user, /^(|root|0(:0)?)$/);
    const tree = await host.openTree(image, run);
    try {
      assert.equal(tree.unreadable, undefined);
      assert.equal(await tree.resolve('/var/run/x'), '/run/x');
      assert.ok((await tree.directory('/etc/nginx'))!.shippedFiles > 3);
      assert.deepEqual((await tree.directory('/tmp'))!.owner, { uid: 0, gid: 0, mode: 0o1777 });
      assert.equal(await tree.directory('/no/such'), undefined);
      assert.equal(await tree.isDirectory('/etc/nginx'), true);
      assert.match(String(await tree.read('/etc/passwd', 4096)), /^root:x:0:0/);
    } finally {
      await tree.close();
    }
    await assert.rejects(
      host.image('localhost/petrify/no-such-image:1', { run, mayPull: false }),
      (error: Failure) => error instanceof Failure && error.code === 'image-missing',
    );
  });

  describe('and leaves nothing', () => {
    it('after a pod, an interruption, and the end of the run', async () => {
      const own = newRun();
      const abort = new AbortController();
      const { workload, documents } = workloadsIn(podText({ readinessProbe: { exec: { command: ['false'] } } }));
      setTimeout(() => abort.abort(), 1_500);
      await assert.rejects(
        host.runPod(workload, { run: own, documents, signal: abort.signal }),
        (error: Failure) => error.code === 'interrupted',
      );
      await host.removeRun(own);
      assert.deepEqual(await left(own), []);
    });
  });
}
