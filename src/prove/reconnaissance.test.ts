/** What the kernel says of a path, and what a container runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attack, Hands } from './attack.ts';
import { handsOn, type Kernel } from './fixtures/kernel.ts';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { lookAround } from './reconnaissance.ts';
import { factsOf } from './statx.ts';
import { CONTROL_MOUNT, type PathFacts, type Target } from './target.ts';

test('a kernel that does not tell the mount of a file proves nothing', () => {
  const statx = Buffer.alloc(256);
  statx.writeUInt32LE(0x17ff, 0);
  statx.writeUInt16LE(0o040755, 28);
  statx.writeBigUInt64LE(7n, 144);
  assert.deepEqual(factsOf(statx), { kind: 'directory', size: 0, mode: 0o755, uid: 0, gid: 0, mountId: 7 });
  statx.writeUInt32LE(0x07ff, 0);
  assert.throws(() => factsOf(statx), { code: 'cannot-prove' });
});

/** A probe that answers every call with 0 bytes or success, and knows which paths were asked for. */
function handsThatSee(asked: Set<string>, table = '1 0 0:1 / / ro - overlay o ro\n'): Hands {
  const zeros = Buffer.alloc(256);
  zeros.writeUInt32LE(0x17ff, 0);
  zeros.writeUInt16LE(0o100644, 28);
  return {
    probe: async (program) => {
      for (const { name, args } of program) if (name === 'statx') asked.add(String(args[1]));
      const written = Buffer.from(table);
      return { value: () => 0n, errno: () => null, bytes: () => zeros, written };
    },
    exec: () => assert.fail('nothing is run'),
    copyIn: () => assert.fail('nothing is copied'),
    removeCopied: () => assert.fail('nothing is removed'),
  };
}

test('the scripts that a container runs are looked for: those of the manifest, else of the image', async () => {
  const scriptsOf = async (container: object, image: object) => {
    const [made] = workloadOf({ containers: [{ name: 'a', image: 'a', ...container }] }).containers;
    const base = targetWith();
    const config = { ...base.image!, ...image };
    const asked = new Set<string>();
    const { scripts } = await lookAround({ ...base, container: made!, image: config }, [], handsThatSee(asked), 'none');
    for (const script of scripts) assert.ok(asked.has(script));
    return scripts;
  };
  const image = { entrypoint: ['node', 'server.js'], cmd: ['--port', '80'], workingDir: '/app' };
  assert.deepEqual(await scriptsOf({}, image), ['/app/server.js']);
  assert.deepEqual(await scriptsOf({}, { ...image, entrypoint: [], cmd: ['node', 'app.js'] }), ['/app/app.js']);
  assert.deepEqual(await scriptsOf({ args: ['x'] }, { ...image, entrypoint: ['sh'], cmd: ['a.sh'] }), ['/app/x']);
  assert.deepEqual(await scriptsOf({ command: ['sh', '/app/run.sh'] }, image), ['/app/run.sh']);
  assert.deepEqual(await scriptsOf({ workingDir: '/srv' }, image), ['/srv/server.js']);
  assert.deepEqual(await scriptsOf({ args: ['/data/app.db'] }, { entrypoint: ['db'], cmd: [], workingDir: '' }), []);
});

const FILE: PathFacts = { kind: 'file', size: 1, mode: 0o755, uid: 0, gid: 0, mountId: 1 };
const filesAt = (...paths: readonly string[]) => new Map(paths.map((path) => [path, FILE]));

interface Known {
  readonly container?: object;
  readonly image?: Partial<NonNullable<Target['image']>>;
  readonly attacks?: readonly Pick<Attack, 'looksAt' | 'reads'>[];
  readonly outside?: Target['outside'];
}

/** What is found in a container of this kernel, and which programs were run for it. */
async function found(kernel: Kernel, { container = {}, image = {}, attacks = [], outside }: Known = {}) {
  const [made] = workloadOf({ containers: [{ name: 'a', image: 'a', ...container }] }).containers;
  const base = targetWith();
  const where = outside === undefined ? {} : { outside };
  const known = { ...base, ...where, container: made!, image: { ...base.image!, ...image } };
  const { hands, probes } = handsOn(kernel);
  return { ...(await lookAround(known, attacks as readonly Attack[], hands, 'none')), probes };
}

test('who it is: the effective capabilities of both halves, not those that it might have', async () => {
  const capabilities = Buffer.alloc(24);
  const halves = [1 << 21, 0xffff, 0xff, 1 << 7, 0xff, 0xff];
  for (const [index, half] of halves.entries()) capabilities.writeUInt32LE(half, index * 4);
  const returns = ({ name }: { name: string }) => ({ getuid: 7n, getgid: 8n })[name];
  const seen = await found({ capabilities, returns });
  assert.deepEqual([seen.uid, seen.gid], [7, 8]);
  assert.equal(seen.capabilities, (1n << 21n) | (1n << 39n));
});

test('how it is confined: by what the kernel says of the process itself', async () => {
  const confinedBy = async (status: string, ids: string, label: string) => {
    const files = { '/proc/self/status': status, '/proc/self/uid_map': ids, '/proc/self/attr/current': label };
    const returns = ({ name }: { name: string }) => (name === 'setns' ? -1n : undefined);
    const { userNamespace, lsm, noNewPrivileges, filtered } = await found({ files, returns });
    return [userNamespace, lsm, noNewPrivileges, [...filtered]];
  };
  const all = '         0          0 4294967295\n';
  const status = (privileges: number, seccomp: number) =>
    `Name:\tx\nNoNewPrivs:\t${privileges}\nSeccomp:\t${seccomp}\n`;
  assert.deepEqual(await confinedBy(status(0, 0), all, 'unconfined\n'), [false, undefined, false, []]);
  assert.deepEqual(await confinedBy(status(1, 2), '0 1879048192 65536\n', 'docker-default (enforce)\n\0'), [
    true,
    'docker-default (enforce)',
    true,
    ['setns'],
  ]);
  assert.deepEqual(await confinedBy(status(0, 0), '0 0 65536\n', 'kernel\0'), [true, undefined, false, []]);
});

test('a table of mounts that does not end is no table', async () => {
  const returns = ({ name, args }: { name: string; args: readonly unknown[] }) =>
    name === 'read' && args[2] === 1 ? 1n : undefined;
  await assert.rejects(found({ returns }), /could not be read to its end/);
});

test('the file that it runs: as written, below where it works, or by the image’s PATH; a command leaves out the image’s', async () => {
  const entrypointOf = async (paths: readonly string[], known: Known) =>
    (await found({ paths: filesAt(...paths) }, known)).entrypoint;
  const image = { entrypoint: [], cmd: ['serve'], env: ['PATH=/opt/bin:/own'], workingDir: '/app' };
  assert.equal(await entrypointOf(['/own/serve', '/usr/bin/serve'], { image }), '/own/serve');
  assert.equal(await entrypointOf(['/usr/bin/serve'], { image: { ...image, env: [] } }), '/usr/bin/serve');
  assert.equal(await entrypointOf(['/usr/bin/serve'], { image }), undefined, 'it is nowhere in the PATH');
  assert.equal(
    await entrypointOf(['/app/bin/run', '/own/serve'], { image, container: { command: ['bin/run'] } }),
    '/app/bin/run',
  );
  const scriptsOf = async (command: readonly string[]) =>
    (
      await found(
        { paths: filesAt('/own/sh', '/app/image.sh', '/app/own.sh') },
        { image: { ...image, cmd: ['/app/image.sh'] }, container: { command } },
      )
    ).scripts;
  assert.deepEqual(await scriptsOf(['sh', '/app/own.sh']), ['/app/own.sh']);
  assert.deepEqual(await scriptsOf(['sh']), []);
});

test('a file that may not be read has no content, and what is a directory is not read', async () => {
  const paths = filesAt('/etc/open', '/etc/shut').set('/etc/directory', { ...FILE, kind: 'directory' });
  const reads = ['/etc/open', '/etc/shut', '/etc/directory', '/etc/none'];
  const { contents } = await found({ paths, files: { '/etc/open': 'content' } }, { attacks: [{ reads }] });
  assert.deepEqual(
    [...contents].map(([path, bytes]) => [path, String(bytes)]),
    [['/etc/open', 'content']],
  );
});

test('a hostile manifest is looked at within bounds', async () => {
  const words = Array.from({ length: 500 }, (_, index) => `/scripts/${index}`);
  const mounts = Array.from({ length: 40 }, (_, index) => ({ name: 'v', mountPath: `/${index}${'x'.repeat(4000)}` }));
  const odd = [
    { name: 'v', mountPath: '/a\0b' },
    { name: 'v', mountPath: `/${'y'.repeat(5000)}` },
  ];
  const container = { command: ['sh', '-c', words.join(';')], volumeMounts: [...mounts, ...odd] };
  const { scripts, probes } = await found({ paths: filesAt(...words) }, { container });
  assert.ok(scripts.length > 10 && scripts.length <= 20, String(scripts.length));
  const looked = probes.map((program) =>
    program.filter(({ name }) => name === 'statx').map(({ args }) => String(args[1])),
  );
  assert.ok(looked.flat().includes(mounts[0]!.mountPath));
  for (const some of looked) assert.ok(some.join('').length <= 32 * 1024);
  assert.deepEqual(
    looked.flat().filter((path) => path.includes('\0') || path.length > 4096),
    [],
  );
});

test('a volume of the manifest is hidden by no name of Petrify’s own', async () => {
  const [root, own] = ['1 0 0:1 / / ro - overlay o ro\n', `2 1 0:2 / ${CONTROL_MOUNT} rw - ext4 d rw\n`];
  const seenIn = async (mountInfo: string, outside?: Target['outside']) => {
    const { mounts } = await found({ mountInfo }, outside === undefined ? {} : { outside });
    return mounts.filter(({ path }) => path === CONTROL_MOUNT).length;
  };
  const [copy, live] = [false, true].map((live) => ({ live, port: undefined }));
  assert.equal(await seenIn(root + own), 1, 'a sandbox has no such directory of Petrify’s');
  assert.equal(await seenIn(root + own, live), 1, 'nor has a pod that serves');
  assert.equal(await seenIn(root + own, copy), 0, 'the copy in a cluster has');
  assert.equal(await seenIn(root + own + own, copy), 2, 'and another volume may lie over it, by a link of the image');
});

test('the program is looked for where the container’s own PATH says, before the image’s', async () => {
  const entrypointOf = async (env: readonly object[]) => {
    const [made] = workloadOf({ containers: [{ name: 'a', image: 'a', command: ['run'], env }] }).containers;
    const base = targetWith();
    const image = { ...base.image!, env: ['PATH=/usr/bin:/bin'] };
    return (await lookAround({ ...base, container: made!, image }, [], handsThatSee(new Set()), 'none')).entrypoint;
  };
  assert.equal(await entrypointOf([]), '/usr/bin/run');
  assert.equal(await entrypointOf([{ name: 'PATH', value: '/scratch:/usr/bin' }]), '/scratch/run');
  const twice = ['/first', '/last'].map((value) => ({ name: 'PATH', value }));
  assert.equal(await entrypointOf(twice), '/last/run');
});
