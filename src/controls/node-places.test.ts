/** Ways to the node: sockets and half read-only directories however their path is written, processes, Windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found, HARD, isStandard, judged, said, strictly, web } from './fixtures/judged.ts';

const hostPath = (path: string, mount: object = { readOnly: true }): string =>
  found({
    containers: [web({ volumeMounts: [{ name: 'h', mountPath: '/h', ...mount }] })],
    volumes: [{ name: 'h', hostPath: { path } }],
  });

test('a runtime socket is found however its path is written, and wherever a distribution puts it', () => {
  const paths =
    '//var/run//docker.sock /run/./docker.sock /run/docker.sock/ /run/k0s/containerd.sock /var/run/dockershim.sock ' +
    '/var/snap/microk8s/common/run/containerd.sock /var/snap/microk8s/common/run /run/user/1000/podman/podman.sock ' +
    '/run/cri-dockerd.sock /run/crio/crio.sock /opt/cri-o.sock /run/k3s/containerd/containerd.sock /run/k0s ' +
    '/proc/1/root/run/docker.sock /proc/self/root/proc/1/root/run/docker.sock /var/run//k0s/';
  for (const path of paths.split(' ')) assert.equal(hostPath(path), 'runtime-socket=bypassable', path);
  for (const path of ['/run/containerd-other', '/run/web.sock', '/srv/docker', '/var/log/docker.sock.log'])
    assert.equal(hostPath(path), '', path);
});

test("the processes of the node lead to the node's whole filesystem", () => {
  const both = 'runtime-socket=bypassable writable-host-path=bypassable node-credentials=immutable';
  for (const path of ['/proc', '/proc/', '/proc/1', '/proc/1/root', '/proc/1/root/', '/proc/1/task/1/cwd', '/', '//.'])
    assert.equal(hostPath(path), both, path);
  assert.equal(hostPath('/proc/1/root/srv'), '');
  assert.equal(hostPath('/proc/sys'), '');
});

test('read-only is half of it where other filesystems are mounted below, for any user', () => {
  const keys = 'node-credentials=immutable';
  const halves: [path: string, more: string][] = [
    ...['/dev', '/sys'].map((path): [string, string] => [path, '']),
    ...['/var/lib', '/var/lib/kubelet', '/var/lib/kubelet/pods', '/var/lib/kubelet/pods/x'].map(
      (path): [string, string] => [path, keys],
    ),
  ];
  for (const [path, more] of halves) {
    assert.equal(hostPath(path), `writable-host-path=bypassable ${more}`.trimEnd(), path);
    assert.equal(hostPath(path, { readOnly: true, recursiveReadOnly: 'Enabled' }), more, path);
  }
  for (const path of ['/run', '/var/run/', '/run/containerd']) {
    assert.equal(hostPath(path), 'runtime-socket=bypassable writable-host-path=bypassable', path);
    assert.equal(hostPath(path, { readOnly: true, recursiveReadOnly: 'Enabled' }), 'runtime-socket=bypassable', path);
  }
  for (const path of ['/srv', '/dev/shm', '/var/log', '/var/lib/kubelet/pod-resources', '/usr', '/etc/ssl'])
    assert.equal(hostPath(path), '', path);
  const sentences = said({
    containers: [web({ volumeMounts: [{ name: 'h', mountPath: '/h', readOnly: true }] })],
    volumes: [{ name: 'h', hostPath: { path: '/dev' } }],
  });
  assert.match(sentences[0]!, /every user|any user/);
});

test("host PID shows a weaker neighbour's files to the same user", () => {
  const weak = { name: 'weak', securityContext: { ...HARD, readOnlyRootFilesystem: false } };
  const pod = { hostPID: true, containers: [web(), weak] };
  assert.equal(found(pod), 'host-pid=bypassable');
  assert.match(said(pod)[0]!, /weak, which is mutable/);
  assert.equal(
    found({ hostPID: true, containers: [web(), { name: 'other', securityContext: HARD }] }),
    'host-pid=immutable',
  );
  assert.equal(found({ hostPID: true, initContainers: [weak], containers: [web()] }), 'host-pid=immutable');
});

test('recursiveReadOnly holds where the cluster has it', () => {
  const pod = {
    containers: [web({ volumeMounts: [{ name: 'h', mountPath: '/h', readOnly: true, recursiveReadOnly: 'Enabled' }] })],
    volumes: [{ name: 'h', hostPath: { path: '/dev' } }],
  };
  const ids = (minor: number): string[] =>
    judged(pod, {}, { minor, stated: true })
      .containers[0]!.findings.filter(isStandard)
      .map(({ control }) => control);
  assert.deepEqual(ids(31), []);
  assert.deepEqual(ids(30), ['writable-host-path']);
});

test("the node's credentials: reading is enough for root, and nothing for others", () => {
  const root = (path: string): string =>
    found({
      containers: [
        web({
          securityContext: { ...HARD, runAsUser: 0 },
          volumeMounts: [{ name: 'h', mountPath: '/h', readOnly: true, recursiveReadOnly: 'Enabled' }],
        }),
      ],
      volumes: [{ name: 'h', hostPath: { path } }],
    });
  const keys =
    '/etc /etc/kubernetes /etc/kubernetes/pki /var/lib/kubelet/pki/ //var/lib/etcd /var/lib/rancher/k3s /root ' +
    '/etc/rancher/k3s /var/lib/k0s/pki /var/snap/microk8s/current /root/.kube/config /var/lib/kubelet/pods/x';
  for (const path of keys.split(' '))
    assert.equal(root(path), 'node-credentials=bypassable run-as-non-root=bypassable', path);
  const others =
    '/etc/kubernetes/manifests /etc/kubernetes/pki/ca.crt /etc/kubernetesx /var/lib/kubelet/plugins /srv /etc/ssl';
  for (const path of others.split(' ')) assert.equal(root(path), 'run-as-non-root=bypassable', path);
  assert.equal(hostPath('/etc/kubernetes'), 'node-credentials=immutable');
});

test('a device of the node opens for privileged root alone', () => {
  const device = (path: string, context: object = {}, type?: string): string =>
    found({
      containers: [
        web({
          securityContext: { ...HARD, ...context },
          volumeMounts: [{ name: 'h', mountPath: '/h', readOnly: true }],
        }),
      ],
      volumes: [{ name: 'h', hostPath: { path, type } }],
    });
  for (const path of ['/dev/sda', '/dev/kmsg', '//dev/mem', '/proc/1/root/dev/sda', '/dev/mapper/root'])
    assert.equal(device(path), 'host-device=immutable', path);
  for (const path of ['/dev/shm', '/dev/null', '/dev/hugepages/x', '/devices']) assert.equal(device(path), '', path);
  assert.equal(device('/srv/disk', {}, 'BlockDevice'), 'host-device=immutable');
  assert.match(device('/dev/sda', { runAsUser: 0, privileged: true }), /^host-device=bypassable /);
});

test('Windows has no read-only root: the verdict says so, and no finding of the default level', () => {
  const ways = [
    { os: { name: 'windows' } },
    { nodeSelector: { 'kubernetes.io/os': 'windows' } },
    { nodeSelector: { 'beta.kubernetes.io/os': 'windows' } },
    { securityContext: { windowsOptions: { runAsUserName: 'ContainerUser' } } },
  ];
  for (const way of ways) {
    for (const readOnlyRootFilesystem of [true, false]) {
      const pod = { containers: [web({ securityContext: { ...HARD, readOnlyRootFilesystem } })], ...way };
      assert.equal(judged(pod).verdict, 'mutable');
      assert.equal(found(pod), '');
      assert.match(strictly(pod), /\bwindows-container=mutable/);
    }
  }
  const ofNode = (pod: object): string[] =>
    judged(pod)
      .findings.filter(isStandard)
      .map(({ control }) => control);
  const hostProcess = { windowsOptions: { hostProcess: true } };
  assert.deepEqual(ofNode({ containers: [web()], securityContext: hostProcess }), ['windows-host-process']);
  const own = { containers: [web({ securityContext: { ...HARD, ...hostProcess } })] };
  assert.deepEqual(ofNode(own), ['windows-host-process']);
  const linux = { containers: [web()], nodeSelector: { 'kubernetes.io/os': 'linux' } };
  assert.equal(judged(linux).verdict, 'immutable');
});

test('a volume of no known kind is never good, and does not hide a known one', () => {
  const volume = (more: object): string =>
    found({
      containers: [web({ volumeMounts: [{ name: 'v', mountPath: '/v', readOnly: true }] })],
      volumes: [{ name: 'v', ...more }],
    });
  assert.equal(volume({ foo: {} }), 'unknown-volume=bypassable');
  assert.equal(volume({ foo: { readOnly: true } }), 'unknown-volume=bypassable');
  assert.equal(volume({ foo: {}, hostPath: { path: '/run/docker.sock' } }), 'runtime-socket=bypassable');
  assert.equal(volume({ configMap: {}, hostPath: { path: '/run/docker.sock' } }), 'runtime-socket=bypassable');
  assert.equal(volume({ emptyDir: {} }), '');
  assert.equal(volume({}), '');
});
