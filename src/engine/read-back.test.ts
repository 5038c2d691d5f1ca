/** The read-back finds the mounts that Podman's Docker dialect hides, and nothing in a clean sandbox. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContainerRequest, ImageConfig } from './engine.ts';
import { insideId, parseIdentity, parseMounts, resolveLinks, surprises } from './read-back.ts';

/** Read inside a container of Podman 4.3.1 with runc 1.1.5, shortened. */
const CLEAN = `80 79 0:43 / / ro,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
81 80 0:45 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
82 80 0:46 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
83 82 0:47 / /dev/shm rw,nosuid,nodev,relatime - tmpfs tmpfs rw,size=65536k
84 80 254:0 /run/hosts /etc/hosts rw,relatime - ext4 /dev/vda rw
85 80 254:0 /var/tmp/a\\040b /run rw,relatime master:1 - ext4 /dev/vda rw
86 81 0:46 /null /proc/keys rw,nosuid - tmpfs tmpfs rw,mode=755
87 80 0:50 / /sys ro,nosuid,nodev,noexec,relatime - sysfs sysfs ro
`;
const HIDDEN = `90 80 0:60 / /tmp rw,nosuid,nodev,relatime - tmpfs tmpfs rw,mode=1777
91 80 0:61 / /var/tmp rw,nosuid,nodev,relatime - tmpfs tmpfs rw,mode=1777
`;

const request: ContainerRequest = {
  name: 'c',
  image: 'i',
  entrypoint: undefined,
  command: undefined,
  env: {},
  workingDir: undefined,
  user: undefined,
  groups: [],
  readOnlyRoot: true,
  privileged: false,
  capabilities: [],
  noNewPrivileges: false,
  seccomp: 'unconfined',
  unmaskedProc: false,
  binds: [
    { source: '/run/hosts', target: '/etc/hosts', readOnly: false },
    { source: '/var/tmp/a b', target: '/var/run', readOnly: false },
  ],
  tmpfs: [{ target: '/dev', options: ['exec'] }],
  sysctls: {},
  network: 'none',
  pidOf: undefined,
  hostname: undefined,
  labels: {},
  memoryBytes: undefined,
  pidsLimit: 1,
};
const image: ImageConfig = {
  id: 'i',
  digests: [],
  user: '',
  volumes: [],
  workingDir: '',
  entrypoint: [],
  cmd: [],
  env: [],
  exposedPorts: [],
};
const links = new Map([['/var/run', '/run']]);
const resolve = (path: string) => resolveLinks(path, async (at) => links.get(at));

describe('surprises', () => {
  const of = (text: string, changes: Partial<ContainerRequest> = {}, volumes: string[] = []) =>
    surprises(parseMounts(text), { ...request, ...changes }, { ...image, volumes }, resolve);

  it('finds nothing in what was asked for', async () => assert.deepEqual(await of(CLEAN), []));
  it('finds hidden writable mounts, unless the image declares them as volumes', async () => {
    assert.deepEqual(await of(CLEAN + HIDDEN), ['/tmp is a writable tmpfs', '/var/tmp is a writable tmpfs']);
    assert.deepEqual(await of(CLEAN + HIDDEN, {}, ['/tmp']), ['/var/tmp is a writable tmpfs']);
    const reversed = HIDDEN.trimEnd().split('\n').reverse().join('\n');
    assert.deepEqual(await of(`${CLEAN}${reversed}\n`), await of(CLEAN + HIDDEN), 'engines mount in any order');
  });
  it('finds a root that is not as asked', async () => {
    assert.deepEqual(await of(CLEAN, { readOnlyRoot: false }), ['the root is read-only']);
    assert.deepEqual(await of(CLEAN.replace('/ / ro', '/ / rw')), ['the root is writable', '/ is a writable overlay']);
  });
  it('finds a bind that is missing, writable, read-only or not executable', async () => {
    const bind = (target: string, readOnly: boolean) => ({
      binds: [...request.binds, { source: '/x', target, readOnly }],
    });
    assert.deepEqual(await of(CLEAN, bind('/data', false)), ['nothing is mounted at /data']);
    const data = (options: string) => `${CLEAN}95 80 254:0 /x /data ${options} - ext4 /dev/vda rw\n`;
    assert.deepEqual(await of(data('rw'), bind('/data', true)), ['/data is writable', '/data is a writable ext4']);
    assert.deepEqual(await of(data('ro'), bind('/data', false)), ['/data is read-only']);
    assert.match((await of(data('rw,noexec'), bind('/data', false)))[0]!, /cannot be executed/);
  });
});

describe('parseMounts', () => {
  it('shows what is on top, unescapes paths, and takes both kinds of options into account', () => {
    const mounts = parseMounts(
      '1 0 0:1 / /a\\040b rw - tmpfs t rw\n2 0 0:2 / /a\\040b ro,noexec - ext4 t rw\n3 0 0:3 / /c rw - ext4 t ro\nnonsense\n',
    );
    assert.deepEqual(
      mounts.map(({ path, type, writable, executable }) => [path, type, writable, executable]),
      [
        ['/a b', 'ext4', false, false],
        ['/c', 'ext4', false, true],
      ],
    );
  });
});

describe('parseIdentity', () => {
  it('reads a status file', () => {
    const text =
      'Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t6 9 \nCapInh:\t0\nCapPrm:\t0000000000000400\nCapEff:\t0\nCapBnd:\t00000000a80425fb\nCapAmb:\t1\nNoNewPrivs:\t1\nSeccomp:\t2\n';
    assert.deepEqual(parseIdentity(text), {
      uid: 2,
      gid: 6,
      groups: [6, 9],
      inheritable: 0n,
      permitted: 0x400n,
      effective: 0n,
      bounding: 0xa80425fbn,
      ambient: 1n,
      noNewPrivileges: true,
      seccomp: 2,
    });
  });
});

describe('resolveLinks', () => {
  it('follows absolute, relative and chained links inside the container, and ends in a loop', async () => {
    const all = new Map([
      ['/var/run', '../run'],
      ['/run/lock', '/var/lock'],
      ['/var/lock', 'lck'],
      ['/loop', '/loop'],
      ['/up', '../../../etc'],
    ]);
    const of = (path: string) => resolveLinks(path, async (at) => all.get(at));
    assert.equal(await of('/var/run/x'), '/run/x');
    assert.equal(await of('/run/lock/y'), '/var/lck/y');
    assert.equal(await of('/up/passwd'), '/etc/passwd');
    assert.equal(await of('/loop/z'), '/loop/z');
    assert.equal(await of('/'), '/');
  });
});

it('ids are told as they are inside', () => {
  const map = '         0 1879048192      65536\n';
  assert.deepEqual(
    [1_879_048_192, 1_879_048_192 + 65_535, 1_879_048_192 + 65_536, 0].map((id) => insideId(id, map)),
    [0, 65_535, 65_534, 65_534],
  );
  assert.equal(insideId(1000, '         0          0 4294967295\n'), 1000);
  assert.equal(insideId(7, '0 1000 1\n1 5 10\n'), 3);
});

describe('devices in a user namespace', () => {
  const line = (name: string, root = name) =>
    `90 82 0:6 /${root} /dev/${name} rw,relatime - devtmpfs devtmpfs rw,mode=755\n`;
  const said = (text: string, changes: Partial<ContainerRequest>) =>
    surprises(parseMounts(CLEAN + text), { ...request, ...changes }, image, resolve);

  it('are the host’s own under their own names: the standard ones, and all where it is privileged', async () => {
    const userNamespace = { join: 'pause' };
    assert.deepEqual(await said(line('null') + line('urandom'), { userNamespace }), []);
    assert.deepEqual(await said(line('kvm'), { userNamespace }), ['/dev/kvm is a writable devtmpfs']);
    assert.deepEqual(await said(line('kvm'), { userNamespace, privileged: true }), []);
    assert.deepEqual(await said(line('null', 'sda'), { userNamespace }), ['/dev/null is a writable devtmpfs']);
    assert.deepEqual(await said(line('null'), {}), ['/dev/null is a writable devtmpfs']);
  });
});
