/** What an installation is judged to be, by a container that answers as it is told. */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, test } from 'node:test';
import type { ActedTry, Hands, Observed } from './attack.ts';
import { targetWith } from './fixtures/target.ts';
import { type Installer, planInstallation } from './installing.ts';
import type { Report } from './probe/decode.ts';
import { type Call, everyCall } from './probe/program.ts';
import { O_EXCL } from './probe/syscalls.ts';

const INSTALLER: Installer = {
  name: 'manager',
  programs: ['/usr/local/bin/manager', '/usr/bin/env'],
  installed: ['/usr/bin/brought'],
  leaves: ['/var/list', 'below'],
  home: () => ['manager', 'home'],
  install: ({ program }) => [[program, 'install']],
  remove: ({ program }) => [[program, 'remove']],
};

interface Container {
  /** By the command's action: what it says on stderr, and ends with. Absent: nothing, and 0. */
  readonly says?: Readonly<Record<string, readonly [exitCode: number, said: string]>>;
  /** Paths that are there; `install` adds what it brings, `remove` takes it away. */
  readonly files?: readonly string[];
  readonly brings?: readonly string[];
  /** What `install` adds and `remove` leaves. */
  readonly leaves?: readonly string[];
  /** What `install` keeps in its home, by name. */
  readonly caches?: string;
  /** Directories that are not there. */
  readonly lacks?: readonly string[];
  /** What the kernel says to a new file. */
  readonly refuses?: string;
  readonly home?: string;
}

/** A container that keeps a set of paths. */
function handsOf({ says = {}, files = [], brings = [], leaves = [], ...more }: Container) {
  const { refuses, caches, lacks = [], home = '/gems' } = more;
  const there = new Set(files);
  const ran: string[][] = [];
  const errnoOf = ({ name, args }: Call): string | null => {
    const path = args[1] as string;
    if (name === 'statx') return there.has(path) ? null : 'ENOENT';
    const isFull = [...there].some((other) => other.startsWith(`${path}/`));
    if (name === 'unlinkat' && isFull) return 'ENOTEMPTY';
    if (name === 'unlinkat') return there.delete(path) ? null : 'ENOENT';
    if (lacks.includes(posix.dirname(String(path)))) return 'ENOENT';
    const makes = name === 'mkdirat' || (name === 'openat' && (Number(args[2]) & O_EXCL) !== 0);
    if (!makes) return null;
    if (name === 'openat' && refuses !== undefined) return refuses;
    there.add(path);
    return null;
  };
  const hands: Hands = {
    async probe(program) {
      const errnos = new Map(everyCall(program).map((each) => [each, errnoOf(each)]));
      return { errno: (each: Call) => errnos.get(each) ?? null } as unknown as Report;
    },
    async exec(command) {
      const words = command.filter((word) => !word.includes('='));
      ran.push(words.slice(1));
      const action = words[2]!;
      if (words[1] === 'rm') for (const path of there) if (path.startsWith(words[3]!)) there.delete(path);
      const [exitCode, said] = says[action] ?? [0, ''];
      const own = command.find((word) => word.startsWith('HOME='))?.slice('HOME='.length);
      const cached = caches === undefined ? [] : [`${own}/${caches}`];
      if (action === 'install') for (const path of [...brings, ...leaves, ...cached]) there.add(path);
      if (action === 'remove') for (const path of exitCode === 0 ? brings : []) there.delete(path);
      const stdout = Buffer.from(action === 'home' ? `${home}\n` : '');
      return { exitCode, stdout, stderr: Buffer.from(said) };
    },
    copyIn: () => Promise.reject(new Error('nothing is copied')),
    removeCopied: async () => assert.fail('nothing is copied'),
  };
  return { hands, there, ran };
}

async function tryIn(
  container: Container,
  installer = INSTALLER,
): Promise<Observed & { left: readonly string[]; ran: readonly string[] }> {
  const [tried] = planInstallation(targetWith({ uid: 0 }), installer).tries as ActedTry[];
  const { hands, there, ran } = handsOf(container);
  const observed = await tried!.act(hands);
  return { ...observed, left: [...there], ran: ran.map((words) => words.join(' ')) };
}

describe('an installation', () => {
  test('is won when the program is there, and everything is taken away again', async () => {
    const given = { brings: ['/usr/bin/brought'], leaves: ['/var/list', '/gems/below'] };
    const { result, detail, left, ran } = await tryIn(given);
    assert.deepEqual([result, detail], ['won', 'env installed /usr/bin/brought']);
    assert.deepEqual(left, []);
    assert.deepEqual(ran, ['manager home', '/usr/bin/env install', '/usr/bin/env remove']);
  });

  test('that leaves things behind takes away only what was not there before', async () => {
    const files = ['/gems/below', '/usr/bin/other'];
    const { left } = await tryIn({ files, brings: ['/usr/bin/brought', '/var/list'] });
    assert.ok(
      files.every((path) => left.includes(path)),
      left.join(),
    );
  });

  test('whose manager keeps something in its place for temporary files takes that away as well', async () => {
    const { left, ran } = await tryIn({ brings: ['/usr/bin/brought'], caches: 'cache' });
    assert.deepEqual(left, []);
    assert.match(ran.at(-1)!, /^rm -rf \/dev\/shm\/petrify-/);
  });

  test('that cannot be removed leaves its trace to be seen', async () => {
    const { result, left } = await tryIn({ brings: ['/usr/bin/brought'], says: { remove: [1, 'no'] } });
    assert.deepEqual([result, left], ['won', ['/usr/bin/brought']]);
  });

  test('is refused by the words of the program, whatever the kernel says of a file beside', async () => {
    const said = 'W: read only lock file\nE: mkdir (30: Read-only file system)\n';
    const { result, errno, detail } = await tryIn({ says: { install: [100, said] } });
    assert.deepEqual([result, errno], ['refused', 'EROFS']);
    assert.equal(detail, 'env install ended with exit code 100: E: mkdir (30: Read-only file system)');
  });

  test('is refused by the kernel where the words do not tell', async () => {
    const says = { install: [1, 'noise\nERROR: While executing\n  no space\nmore'] } as const;
    const { result, errno, detail } = await tryIn({ says, refuses: 'EROFS' });
    assert.deepEqual([result, errno], ['refused', 'EROFS']);
    assert.match(detail, /code 1: ERROR: While executing no space; creating a file .* is refused with EROFS$/);
    assert.match((await tryIn({ says: { install: [1, 'first\nlast\n'] }, refuses: 'EACCES' })).detail, /: last; /);
  });

  test('that fails for a reason of its own is undecided', async () => {
    assert.equal((await tryIn({ says: { install: [1, 'no network'] } })).result, 'undecided');
    assert.equal((await tryIn({ says: { install: [1, 'no network'] }, refuses: 'ENOSPC' })).result, 'undecided');
  });

  test('that broke off in the middle is not won, and its program is taken away', async () => {
    const says = { install: [1, 'half'], remove: [1, 'not installed'] } as const;
    const { result, left } = await tryIn({ brings: ['/usr/bin/brought'], says });
    assert.deepEqual([result, left], ['undecided', []]);
  });

  test('that broke off in the middle is not refused by what the kernel says of a file beside its own', async () => {
    const says = { install: [1, 'half'] } as const;
    assert.equal((await tryIn({ brings: ['/usr/bin/brought'], says, refuses: 'EROFS' })).result, 'undecided');
  });

  test('is refused where the kernel refuses in every directory that there is', async () => {
    const installer = { ...INSTALLER, installed: ['/usr/bin/brought', '/opt/none/brought'] };
    const says = { install: [1, 'noise'] } as const;
    const { result, errno } = await tryIn({ says, refuses: 'EROFS', lacks: ['/opt/none'] }, installer);
    assert.deepEqual([result, errno], ['refused', 'EROFS']);
  });

  test('of which the program says that it went well, and whose file is not there, is undecided', async () => {
    assert.equal((await tryIn({})).result, 'undecided');
    assert.equal((await tryIn({ refuses: 'EROFS' })).result, 'undecided');
  });

  test('believes no directory that is none', async () => {
    for (const home of ['gems', '/a\n/usr', `/${'a'.repeat(400)}`, '']) {
      const brings = ['/usr/bin/brought', `${home}/below`];
      const { result, left } = await tryIn({ home, brings, says: { remove: [1, ''] } });
      assert.deepEqual([result, left], ['won', brings]);
    }
  });
});

describe('the plan of an installation', () => {
  const plan = (changes: Partial<Installer>, paths = targetWith().paths) =>
    planInstallation(targetWith({ paths }), { ...INSTALLER, ...changes });

  test('says why nothing is tried', () => {
    const reasons = (given: ReturnType<typeof plan>) => given.skipped.map(({ reason }) => reason);
    assert.deepEqual(reasons(plan({ programs: ['/bin/none'] })), ['the image has no manager']);
    assert.deepEqual(reasons(plan({ installed: ['/bin/sh'] })), ['the image has a file /bin/sh of its own']);
    const withoutEnv = new Map([...targetWith().paths].filter(([path]) => path !== '/usr/bin/env'));
    assert.match(reasons(plan({ programs: ['/bin/sh'] }, withoutEnv)).join(), /has no \/usr\/bin\/env/);
  });

  test('has a place for each of several installers, and none for one alone', () => {
    const other = { ...INSTALLER, name: 'other' };
    assert.deepEqual(
      planInstallation(targetWith(), INSTALLER, other).tries.map(({ place }) => place),
      ['manager', 'other'],
    );
    assert.deepEqual(
      plan({}).tries.map(({ place }) => place),
      [''],
    );
  });

  test('names what it makes, in a volume and not on the host', () => {
    const [tried] = plan({}).tries as ActedTry[];
    assert.deepEqual(tried!.makes, [
      '/usr/bin/brought',
      '/var/list',
      '/usr/bin/petrify-0123456789ab',
      '/dev/shm/petrify-0123456789ab-manager',
    ]);
  });
});
