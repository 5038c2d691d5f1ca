/** The attacks on files, made for real in a small root of our own: root wins them all, another user none, and nothing changes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ProbeTry } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { evaluate } from './evaluate.ts';
import { targetWith } from './fixtures/target.ts';
import { assemble } from './probe/assemble.ts';
import { decode } from './probe/decode.ts';
import type { PathFacts, Target } from './target.ts';

/** The file that belongs to the owner, who is neither root nor the stranger. */
const OWNED = '/usr/lib/os-release';
const FILES: Readonly<Record<string, number>> = {
  '/etc/issue': 0o644,
  '/etc/passwd': 0o644,
  '/etc/nsswitch.conf': 0o644,
  [OWNED]: 0o444,
  '/etc/ssl/certs/ca-certificates.crt': 0o644,
  '/usr/bin/env': 0o755,
  '/usr/sbin/nginx': 0o755,
};
const DIRECTORIES = [
  ...['/', '/etc', '/etc/cron.d', '/etc/ssl/certs', '/root', '/usr/bin', '/usr/lib', '/usr/sbin', '/srv', '/dev/shm'],
  // As plain directories they stand for the links of a real /proc.
  ...['/proc/self/root', '/proc/self/root/etc', '/proc/1/root', '/proc/1/root/etc', '/proc/self/cwd'],
];
const OWNER = { uid: 4, gid: 5 };
const ROOT = { uid: 0, capabilities: (1n << 41n) - 1n };
const STRANGER = 65532;
const LONG_AGO = new Date('2001-02-03T04:05:06Z');
/** These write into a file, or ask for it: its time of change tells. */
const WRITING = ['append-to-file', 'overwrite-file', 'truncate-file'];

const missing = process.getuid?.() === 0 ? false : 'only root can chroot';

describe('attacks on files', { skip: missing }, () => {
  let root: string;
  const inside = (path: string) => join(root, path);

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'petrify-files-test-'));
    for (const path of DIRECTORIES) mkdirSync(inside(path), { recursive: true });
    chmodSync(root, 0o755);
    for (const [path, mode] of Object.entries(FILES)) {
      writeFileSync(inside(path), `${path} says this\n`);
      chmodSync(inside(path), mode);
      utimesSync(inside(path), LONG_AGO, LONG_AGO);
    }
    chownSync(inside(OWNED), OWNER.uid, OWNER.gid);
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  /** Everything but the times of directories; of files all but the time of the last change of their inode. */
  const snapshot = (times: boolean) =>
    globSync('**', { cwd: root })
      .filter((path) => path !== 'probe')
      .sort()
      .map((path) => {
        const { mode, uid, gid, ino, size, nlink, mtimeMs } = lstatSync(inside(path));
        if (!lstatSync(inside(path)).isFile()) return { path, mode, uid, gid };
        const content = createHash('sha256')
          .update(readFileSync(inside(path)))
          .digest('hex');
        return { path, mode, uid, gid, ino, size, nlink, content, ...(times ? { mtimeMs } : {}) };
      });

  function targetFor(changes: Partial<Target>): Target {
    const facts = [...DIRECTORIES, ...Object.keys(FILES)].map((path): [string, PathFacts] => {
      const { mode, uid, gid, size } = statSync(inside(path));
      const kind = path in FILES ? 'file' : 'directory';
      return [path, { kind, size, mode: mode & 0o7777, uid, gid, mountId: path === '/dev/shm' ? 2 : 1 }];
    });
    const mount = { fileSystem: 'tmpfs', writable: true, options: ['rw'], superOptions: ['rw'] };
    return targetWith({
      architecture: process.arch as Target['architecture'],
      mounts: [
        { ...mount, id: 1, path: '/' },
        { ...mount, id: 2, path: '/dev/shm' },
      ],
      paths: new Map(facts),
      ...changes,
    });
  }

  /** `who` is a user and a group for chroot. */
  function reportOf(tried: ProbeTry, target: Target, who = '0:0') {
    rmSync(inside('probe'), { force: true });
    writeFileSync(inside('probe'), assemble(tried.program, target.architecture));
    chmodSync(inside('probe'), 0o555);
    const { status, stdout, stderr } = spawnSync('chroot', [`--userspec=${who}`, root, '/probe'], { timeout: 10_000 });
    assert.equal(status, 0, stderr.toString());
    return decode(tried.program, stdout)!;
  }

  const make = (tried: ProbeTry, target: Target, who?: string) => evaluate(tried, reportOf(tried, target, who), target);

  const triesOn = (target: Target) =>
    attacks
      .filter(({ family }) => family === 'files')
      .flatMap(({ id, plan }) => plan(target).tries.map((tried) => ({ id, tried })))
      .flatMap(({ id, tried }) => ('program' in tried ? [{ id, tried }] : []));

  const deletion = (target: Target) =>
    triesOn(target).find(({ id, tried }) => id === 'delete-file' && tried.place === OWNED)!.tried;

  test('root wins each of them, and finds everything as it was', () => {
    const target = targetFor(ROOT);
    const tries = triesOn(target);
    assert.ok(new Set(tries.map(({ id }) => id)).size >= 22);
    for (const { id, tried } of tries) {
      const times = !WRITING.includes(id);
      const was = snapshot(times);
      const { result, detail } = make(tried, target);
      assert.equal(result, 'won', `${id}:${tried.place} ${detail}`);
      assert.deepEqual(snapshot(times), was, `${id}:${tried.place}`);
    }
  });

  test('another user is refused each of them by the permissions, and changes nothing', () => {
    const target = targetFor({ uid: STRANGER, gid: STRANGER });
    const was = snapshot(true);
    for (const { id, tried } of triesOn(target)) {
      const { result, layer, detail } = make(tried, target, `${STRANGER}:${STRANGER}`);
      assert.deepEqual([result, layer], ['refused', 'permission'], `${id}:${tried.place} ${detail}`);
    }
    assert.deepEqual(snapshot(true), was);
  });

  test('a program that could not be updated is not started', () => {
    const target = targetFor({ uid: STRANGER, gid: STRANGER });
    const { tried } = triesOn(target).find(({ id }) => id === 'self-update')!;
    const report = reportOf(tried, target, `${STRANGER}:${STRANGER}`);
    assert.equal(report.errno(tried.execution!.executed), 'EINVAL');
  });

  test('who could delete a file and not make it again as it was does not delete it', () => {
    chmodSync(inside('/usr/lib'), 0o777);
    try {
      const target = targetFor({ uid: STRANGER, gid: STRANGER });
      const tried = deletion(target);
      const was = snapshot(true);
      make(tried, target, `${STRANGER}:${STRANGER}`);
      assert.deepEqual(snapshot(true), was);
    } finally {
      chmodSync(inside('/usr/lib'), 0o755);
    }
  });

  test('a file that cannot be kept under a second name is made again from memory', () => {
    const target = targetFor(ROOT);
    const tried = deletion(target);
    const was = snapshot(false);
    const unlinkable = { ...tried, program: tried.program.filter(({ name }) => name !== 'linkat') };
    assert.equal(make(unlinkable, target).result, 'won');
    const isOther = (each: { path: string }) => each.path !== OWNED.slice(1);
    const now = snapshot(false);
    assert.deepEqual(now.filter(isOther), was.filter(isOther));
    const withoutInode = (all: typeof was) => all.filter((each) => !isOther(each)).map((each) => ({ ...each, ino: 0 }));
    assert.deepEqual(withoutInode(now), withoutInode(was));
  });
});
