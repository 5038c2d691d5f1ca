/** Ways to the node: sockets and half read-only directories however their path is written, processes, Windows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { found, HARD, judged, said, web } from './fixtures/judged.ts';

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
  const both = 'runtime-socket=bypassable writable-host-path=bypassable';
  for (const path of ['/proc', '/proc/', '/proc/1', '/proc/1/root', '/proc/1/root/', '/proc/1/task/1/cwd', '/', '//.'])
    assert.equal(hostPath(path), both, path);
  assert.equal(hostPath('/proc/1/root/srv'), '');
  assert.equal(hostPath('/proc/sys'), '');
});

test('read-only is half of it where other filesystems are mounted below, for any user', () => {
  const half = ['/dev', '/var/lib', '/var/lib/kubelet', '/var/lib/kubelet/pods', '/var/lib/kubelet/pods/x', '/sys'];
  for (const path of half) {
    assert.equal(hostPath(path), 'writable-host-path=bypassable', path);
    assert.equal(hostPath(path, { readOnly: true, recursiveReadOnly: 'Enabled' }), '', path);
  }
  for (const path of ['/run', '/var', '/var/run/', '/run/containerd']) {
    assert.equal(hostPath(path), 'runtime-socket=bypassable writable-host-path=bypassable', path);
    assert.equal(hostPath(path, { readOnly: true, recursiveReadOnly: 'Enabled' }), 'runtime-socket=bypassable', path);
  }
  for (const path of ['/etc', '/srv', '/dev/shm', '/var/log', '/var/lib/kubelet/pod-resources', '/usr'])
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

test('Windows has no read-only root, whatever the field says', () => {
  const ways = [
    { os: { name: 'windows' } },
    { nodeSelector: { 'kubernetes.io/os': 'windows' } },
    { nodeSelector: { 'beta.kubernetes.io/os': 'windows' } },
    { securityContext: { windowsOptions: { runAsUserName: 'ContainerUser' } } },
  ];
  for (const way of ways) {
    const pod = { containers: [web()], ...way };
    assert.equal(judged(pod).verdict, 'mutable');
    assert.match(said(pod)[0]!, /Windows/);
  }
  const node = { containers: [web()], securityContext: { windowsOptions: { hostProcess: true } } };
  assert.match(said(node)[0]!, /HostProcess/);
  const own = { containers: [web({ securityContext: { ...HARD, windowsOptions: { hostProcess: true } } })] };
  assert.match(said(own)[0]!, /HostProcess/);
  assert.equal(found({ containers: [web()], nodeSelector: { 'kubernetes.io/os': 'linux' } }), '');
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
