/** The script of the init container, run for real by the shells that are here, on a tree of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { JsonObject } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { canCopyPlainly, type Seed, seedContainer } from './seeds.ts';

/** A user who owns nothing, where the test may become one. */
const USER = 65534;
const isRoot = process.getuid?.() === 0;

const SHELLS: readonly (readonly string[])[] = [['dash'], ['busybox', 'sh'], ['bash', '--posix']].filter(
  ([command]) => spawnSync(command!, ['-c', 'true']).error === undefined,
);

const container = (spec: JsonObject = {}) => ({ name: 'app', image: 'app:1', spec }) as unknown as Container;
const seeding = (seeds: readonly Seed[], tools: 'sh' | 'cp' = 'sh', root = false, spec: JsonObject = {}) =>
  seedContainer('seed-app', container(spec), { runAsUser: 33 }, root, seeds, tools);

/** The image below `image`, the volumes below `volumes`, in a fresh place. */
class Place {
  readonly root = mkdtempSync(join(tmpdir(), 'seeds-'));
  readonly image = join(this.root, 'image');
  readonly volumes = join(this.root, 'volumes');

  constructor(files: Readonly<Record<string, string>>) {
    chmodSync(this.root, 0o755);
    for (const [path, content] of Object.entries(files)) this.write(join('image', path), content);
  }

  write(path: string, content: string): void {
    const at = join(this.root, path);
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, content);
  }

  /** Runs the copy as the application's user; `from` is relative to the image. */
  run(shell: readonly string[], seeds: readonly Seed[], path = process.env.PATH ?? '/usr/bin:/bin') {
    for (const { volume } of seeds) {
      mkdirSync(join(this.volumes, volume), { recursive: true });
      chmodSync(join(this.volumes, volume), 0o777);
    }
    const here = seeds.map((seed) => ({ ...seed, from: seed.from === '/' ? this.image : `${this.image}${seed.from}` }));
    const [, flag, script] = seeding(here).command as string[];
    const text = script!.replaceAll('/petrify-seed/', `${this.volumes}/`);
    const { status, stderr } = spawnSync(shell[0]!, [...shell.slice(1), flag!, text], {
      encoding: 'utf8',
      env: { PATH: path },
      cwd: '/',
      ...(isRoot ? { uid: USER, gid: USER } : {}),
    });
    return { status, stderr };
  }

  read(path: string): string {
    return readFileSync(join(this.volumes, path), 'utf8');
  }

  has(path: string): boolean {
    return existsSync(join(this.volumes, path));
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

const directory = (from: string, volume = 'vol'): Seed => ({ volume, from, files: undefined });
const only = (from: string, ...files: string[]): Seed => ({ volume: 'vol', from, files });

test('there is a shell to try it with', () => assert.ok(SHELLS.length > 0));

for (const shell of SHELLS) {
  describe(`seeding by ${shell.join(' ')}`, () => {
    const cases: Record<string, (place: Place) => void> = {
      'a directory is copied with what lies below it and its modes, and a second time nothing changes'(place) {
        chmodSync(join(place.image, 'srv/sub/b'), 0o640);
        chmodSync(join(place.image, 'srv/sub'), 0o750);
        if (isRoot) for (const path of ['srv/sub', 'srv/sub/b']) chownSync(join(place.image, path), USER, USER);
        assert.deepEqual(place.run(shell, [directory('/srv')]), { status: 0, stderr: '' });
        assert.equal(place.read('vol/content/a'), 'A');
        assert.equal(place.read('vol/content/sub/b'), 'B');
        assert.equal(statSync(join(place.volumes, 'vol/content/sub')).mode & 0o777, 0o750);
        assert.equal(statSync(join(place.volumes, 'vol/content/sub/b')).mode & 0o777, 0o640);
        writeFileSync(join(place.volumes, 'vol/content/a'), 'changed');
        assert.deepEqual(place.run(shell, [directory('/srv')]), { status: 0, stderr: '' });
        assert.equal(place.read('vol/content/a'), 'changed', 'what the application wrote stays');
        assert.ok(!place.has('vol/.content') && !place.has('vol/content/.content'));
      },
      'a copy that was broken off is made anew, closed directories and all'(place) {
        place.write('volumes/vol/.content/closed/half', 'half');
        const left = ['vol', 'vol/.content', 'vol/.content/closed', 'vol/.content/closed/half'];
        if (isRoot) for (const path of left) chownSync(join(place.volumes, path), USER, USER);
        chmodSync(join(place.volumes, 'vol/.content/closed'), 0o555);
        assert.deepEqual(place.run(shell, [directory('/srv')]), { status: 0, stderr: '' });
        assert.equal(place.read('vol/content/a'), 'A');
        assert.ok(!place.has('vol/content/closed') && !place.has('vol/.content'));
      },
      'what the user may not read is passed over, and said'(place) {
        chmodSync(join(place.image, 'srv/a'), 0o000);
        const { status, stderr } = place.run(shell, [directory('/srv')]);
        assert.equal(status, 0, stderr);
        assert.match(stderr, /srv\/a.*Permission denied/);
        assert.ok(!place.has('vol/content/a'));
        assert.equal(place.read('vol/content/sub/b'), 'B');
      },
      'a directory that is closed to the user becomes an empty one'(place) {
        chmodSync(join(place.image, 'srv'), 0o000);
        const { status, stderr } = place.run(shell, [directory('/srv')]);
        assert.equal(status, 0, stderr);
        assert.ok(place.has('vol/content'));
      },
      'every other error ends with 1, and the copy does not count as made'(place) {
        const { status, stderr } = place.run(shell, [directory('/not-there')]);
        assert.equal(status, 1);
        assert.match(stderr, /not-there/);
        assert.ok(!place.has('vol/content'));
      },
      'an error among refusals ends with 1 as well'(place) {
        place.write(
          'tools/cp',
          '#!/bin/sh\nmkdir -p "$3"\necho "cp: a: Permission denied" >&2\necho "cp: b: No space left on device" >&2\nexit 1\n',
        );
        chmodSync(join(place.root, 'tools/cp'), 0o755);
        const path = `${join(place.root, 'tools')}:${process.env.PATH}`;
        // busybox prefers its own cp.
        if (shell[0] === 'busybox') return;
        const { status, stderr } = place.run(shell, [directory('/srv')], path);
        assert.equal(status, 1);
        assert.match(stderr, /No space left/);
        assert.ok(!place.has('vol/content'));
      },
      'single files: copied, kept, and empty where the image has none'(place) {
        const seeds = [only('/srv', 'a', 'new')];
        assert.deepEqual(place.run(shell, seeds), { status: 0, stderr: '' });
        assert.deepEqual([place.read('vol/a'), place.read('vol/new')], ['A', '']);
        writeFileSync(join(place.volumes, 'vol/new'), 'changed');
        assert.deepEqual(place.run(shell, seeds), { status: 0, stderr: '' });
        assert.deepEqual([place.read('vol/a'), place.read('vol/new')], ['A', 'changed']);
      },
      'a single file whose copy was broken off is copied anew'(place) {
        place.write('volumes/vol/.content', 'half');
        if (isRoot) chownSync(join(place.volumes, 'vol/.content'), USER, USER);
        assert.deepEqual(place.run(shell, [only('/srv', 'a')]), { status: 0, stderr: '' });
        assert.equal(place.read('vol/a'), 'A');
        assert.ok(!place.has('vol/.content'));
      },
      'a single file that the user may not read begins empty, and that is said'(place) {
        chmodSync(join(place.image, 'srv/a'), 0o000);
        const { status, stderr } = place.run(shell, [only('/srv', 'a')]);
        assert.equal(status, 0, stderr);
        assert.match(stderr, /Permission denied/);
        assert.equal(place.read('vol/a'), '');
      },
      'several volumes at once'(place) {
        const seeds = [directory('/srv'), directory('/opt', 'other'), { ...only('/', 'top'), volume: 'root' }];
        assert.deepEqual(place.run(shell, seeds), { status: 0, stderr: '' });
        assert.deepEqual(
          [place.read('vol/content/a'), place.read('other/content/c'), place.read('root/top')],
          ['A', 'C', 'T'],
        );
      },
    };
    for (const [name, run] of Object.entries(cases)) {
      test(name, () => {
        const place = new Place({ 'srv/a': 'A', 'srv/sub/b': 'B', 'opt/c': 'C', top: 'T' });
        try {
          run(place);
        } finally {
          place.remove();
        }
      });
    }

    for (const hostile of [
      'a b',
      "it's",
      'two\nlines',
      '"$(touch owned)"',
      '`touch owned`',
      '-rf',
      '*',
      ';exit 7',
      '\\',
      '$HOME',
    ])
      test(`a hostile name: ${JSON.stringify(hostile)}`, () => {
        const place = new Place({ [`d/${hostile}/x`]: 'X', [`e/${hostile}`]: 'E' });
        try {
          const seeds = [directory(`/d/${hostile}`), { ...only('/e', hostile), volume: 'files' }];
          assert.deepEqual(place.run(shell, seeds), { status: 0, stderr: '' });
          assert.deepEqual([place.read('vol/content/x'), place.read(`files/${hostile}`)], ['X', 'E']);
          assert.ok(!existsSync('/owned'));
        } finally {
          place.remove();
        }
      });
  });
}

test('without a shell, plain cp copies one directory and leaves what is there', (t) => {
  assert.ok(canCopyPlainly([directory('/srv')]));
  assert.ok(!canCopyPlainly([directory('/srv'), directory('/opt')]));
  assert.ok(!canCopyPlainly([only('/srv', 'a')]));
  const place = new Place({ 'srv/a': 'A' });
  t.after(() => place.remove());
  const [command, ...words] = seeding([directory(join(place.image, 'srv'))], 'cp').command as string[];
  place.write('volumes/vol/other', '');
  const run = () =>
    spawnSync(
      command!,
      words.map((word) => word.replace('/petrify-seed', place.volumes)),
    );
  assert.equal(run().status, 0);
  assert.equal(place.read('vol/content/a'), 'A');
  writeFileSync(join(place.volumes, 'vol/content/a'), 'changed');
  run();
  assert.equal(place.read('vol/content/a'), 'changed');
});

test('the init container: the image and the resources of the application, its own user, the volumes beside everything', () => {
  const made = seeding([directory('/srv'), { ...only('/etc', 'x'), volume: 'etc' }], 'sh', false, {
    imagePullPolicy: 'Never',
    resources: { limits: { memory: '64Mi' } },
  });
  const { command, ...rest } = made;
  assert.deepEqual((command as string[]).slice(0, 2), ['sh', '-c']);
  assert.deepEqual(rest, {
    name: 'seed-app',
    image: 'app:1',
    imagePullPolicy: 'Never',
    workingDir: '/',
    resources: { limits: { memory: '64Mi' } },
    securityContext: { runAsUser: 33 },
    volumeMounts: [
      { name: 'vol', mountPath: '/petrify-seed/vol' },
      { name: 'etc', mountPath: '/petrify-seed/etc' },
    ],
  });
});

test('only root gets the capabilities that a copy with owners needs', () => {
  assert.deepEqual(seeding([directory('/srv')], 'sh', true).securityContext, {
    runAsUser: 33,
    capabilities: { drop: ['ALL'], add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'] },
  });
});
