/** Only what changed since a commit is judged: real repositories, real renames, nothing hidden where git does not know. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { Failure } from '../failure.ts';
import type { ManifestText } from '../manifest/document.ts';
import { positionAt } from '../manifest/position.ts';
import { eachDocument } from '../manifest/read.ts';
import { changedSince } from './git.ts';
import type { Source, SourceItem } from './source.ts';
import { streamSources } from './stream.ts';

const skip = spawnSync('git', ['--version']).status === 0 ? false : 'there is no git';

const put = (root: string, files: Readonly<Record<string, string>>) => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
};

function git(root: string, ...args: string[]): void {
  const own = ['-c', 'user.name=n', '-c', 'user.email=e@example.org', '-c', 'commit.gpgsign=false'];
  const { status, stderr } = spawnSync('git', [...own, ...args], { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

/** A repository whose first commit is tagged `then`. */
function repository(context: test.TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'petrify-git-'));
  context.after(() => rmSync(root, { recursive: true }));
  put(root, files);
  git(root, 'init', '--quiet');
  git(root, 'add', '.');
  git(root, 'commit', '--quiet', '-m', 'then');
  git(root, 'tag', 'then');
  return root;
}

async function texts(source: Source): Promise<ManifestText[]> {
  const kept: ManifestText[] = [];
  for await (const item of source) if ('text' in item) kept.push(item.text);
  return kept;
}

function changed(root: string, ref = 'then', paths = [root]): Promise<ManifestText[]> {
  const source = streamSources(paths, { stdin: Readable.from(['stdin: 1']), allowNetwork: false, env: { PATH: '' } });
  return texts(changedSince(source, ref, { cwd: root }));
}

/** Each document that is left: file, index, line, value. */
function told(root: string, kept: readonly ManifestText[]): unknown[] {
  return kept.flatMap((text) =>
    [...eachDocument(text, ({ message }) => assert.fail(message))].map((one) => [
      relative(root, text.file),
      one.index,
      positionAt(text, one.root.start).line,
      one.value,
    ]),
  );
}

test('documents that stand in the same file are dropped; the others keep their place', { skip }, async (context) => {
  const root = repository(context, {
    'a.yaml': 'a: 1\n---\nb: 1\n---\nc: 1\n',
    'same.yaml': 'same: 1\n',
    'crlf.yaml': 'a: 1\nc: 1\n---\nb: 1\n',
    'moved.yaml': 'long: text that is found again\nmore: of it\n---\nb: 1\n',
  });
  put(root, {
    'a.yaml': 'a: 1\n---\nnew: 1\n---\nb: 1\n---\nc: 2\n---\nd: 1\n',
    'crlf.yaml': '---\r\na: 1\r\nc: 1\r\n---\r\nb: 2\r\n',
    'new/x.yaml': 'x: 1\n---\nz: 1\n',
  });
  git(root, 'mv', 'moved.yaml', 'there.yaml');
  put(root, { 'there.yaml': 'long: text that is found again\nmore: of it\n---\nb: 2\n' });
  assert.deepEqual(told(root, await changed(root)), [
    ['a.yaml', 1, 3, { new: 1 }],
    ['a.yaml', 3, 7, { c: 2 }],
    ['a.yaml', 4, 9, { d: 1 }],
    ['crlf.yaml', 1, 5, { b: 2 }],
    ['new/x.yaml', 0, 1, { x: 1 }],
    ['new/x.yaml', 1, 3, { z: 1 }],
    ['there.yaml', 1, 4, { b: 2 }],
  ]);
  assert.equal((await changed(root, 'then', ['-'])).length, 1);
});

test('a rendered text is dropped where nothing that it is made from changed', { skip }, async (context) => {
  const root = repository(context, {
    'chart/Chart.yaml': 'name: x',
    'chart/values.yaml': 'a: 1',
    'values.yaml': 'v: 1',
    'k/base/kustomization.yaml': 'resources: [web.yaml]',
    'k/base/web.yaml': 'web: 1',
    'k/prod/kustomization.yaml': 'resources: [../base]',
  });
  const rendered = async function* (): Source {
    for (const [by, from] of [
      ['helm', 'chart'],
      ['kustomize', 'k/prod'],
    ] as const) {
      const item: SourceItem = {
        text: { file: join(root, from), text: 'a: 1', rendered: { by, from: join(root, from) } },
      };
      yield item;
    }
    yield { notice: { file: 'n', message: 'm' } };
  };
  const left = async () => {
    const source = changedSince(rendered(), 'then', { cwd: root, values: [join(root, 'values.yaml')] });
    return (await texts(source)).map(({ file }) => relative(root, file));
  };
  assert.deepEqual(await left(), []);
  put(root, { 'k/base/web.yaml': 'web: 2' });
  assert.deepEqual(await left(), ['k/prod']);
  put(root, { 'k/base/web.yaml': 'web: 1', 'chart/templates/new.yaml': 'x' });
  assert.deepEqual(await left(), ['chart']);
  rmSync(join(root, 'chart/templates'), { recursive: true });
  rmSync(join(root, 'chart/values.yaml'));
  assert.deepEqual(await left(), ['chart']);
  put(root, { 'chart/values.yaml': 'a: 1', 'values.yaml': 'v: 2' });
  assert.deepEqual(await left(), ['chart']);
});

test('no commit, no repository, an option for a name: one clear failure', { skip }, async (context) => {
  const root = repository(context, { 'a.yaml': 'a: 1' });
  const outside = mkdtempSync(join(tmpdir(), 'petrify-git-'));
  context.after(() => rmSync(outside, { recursive: true }));
  for (const ref of ['gone', '--output=x', '', 'a b', 'x'.repeat(1000), 'HEAD:a.yaml', 'then\0']) {
    await assert.rejects(
      changed(root, ref),
      (error) => error instanceof Failure && error.code === 'bad-usage' && !!error.hint,
    );
  }
  await assert.rejects(changed(outside), /this folder is in none/);
  const nothing = changedSince((async function* (): Source {})(), 'then', { cwd: root, env: { PATH: '' } });
  await assert.rejects(texts(nothing), /needs git/);
});

test('a repository’s configuration runs nothing', { skip }, async (context) => {
  const root = repository(context, { 'a.yaml': 'a: 1', '.gitattributes': '*.yaml filter=evil diff=evil' });
  const mark = join(root, 'ran');
  for (const key of [
    'core.fsmonitor',
    'filter.evil.clean',
    'filter.evil.smudge',
    'diff.external',
    'diff.evil.textconv',
  ])
    git(root, 'config', key, `touch ${mark}; cat`);
  put(root, { 'a.yaml': 'a: 2' });
  rmSync(mark, { force: true });
  assert.equal((await changed(root, 'then', [join(root, 'a.yaml')])).length, 1);
  await assert.rejects(async () => rmSync(mark));
});
