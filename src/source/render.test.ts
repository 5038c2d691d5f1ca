/** Charts and kustomizations, rendered by the real tools: what they print, what they may not do, and that nothing of them is left. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import { toolFolder } from '../../test/kubectl.ts';
import type { ManifestText, Notice, Unreadable } from '../manifest/document.ts';
import { readDocuments } from '../manifest/read.ts';
import { runTool, withoutNetwork } from './run-tool.ts';
import { type StreamOptions, streamSources } from './stream.ts';

const tools = toolFolder();
const skip = 'missing' in tools ? tools.missing : false;
const env = { PATH: `${'folder' in tools ? tools.folder : ''}:${process.env.PATH}` };
const fixtures = join(import.meta.dirname, 'fixtures');

async function stream(paths: readonly string[], options: Partial<StreamOptions> = {}) {
  const texts: ManifestText[] = [];
  const unreadable: Unreadable[] = [];
  const notices: Notice[] = [];
  for await (const item of streamSources(paths, { stdin: Readable.from([]), allowNetwork: false, env, ...options })) {
    if ('text' in item) texts.push(item.text);
    else if ('notice' in item) notices.push(item.notice);
    else unreadable.push(item.unreadable);
  }
  return { texts, unreadable, notices };
}

function folder(context: test.TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'petrify-render-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** What the tests look at of a rendered object. */
interface Rendered {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: {
    readonly replicas: number;
    readonly template: { readonly spec: { readonly containers: { readonly name: string; readonly image: string }[] } };
  };
}

const values = (texts: readonly ManifestText[]) =>
  texts.flatMap((text) => readDocuments(text).documents.map(({ value }) => value as Rendered));
const objects = (texts: readonly ManifestText[]) =>
  values(texts).map(({ kind, metadata }) => `${kind}/${metadata.name}`);

test('a chart: subchart, library, hook and CRD, each text named after its template', { skip }, async () => {
  const chart = join(fixtures, 'shop');
  const { texts, unreadable, notices } = await stream([chart]);
  assert.deepEqual([unreadable, notices], [[], []]);
  assert.deepEqual(
    texts.map(({ file, rendered }) => [relative(chart, file), rendered]),
    ['crds/thing.yaml', 'templates/web.yaml', 'charts/cache/templates/cache.yaml', 'templates/migrate.yaml'].map(
      (file) => [file, { by: 'helm', from: chart }],
    ),
  );
  assert.deepEqual(objects(texts), [
    'CustomResourceDefinition/things.example.com',
    'ConfigMap/web',
    'Deployment/release-name-shop',
    'Pod/release-name-cache',
    'Job/migrate',
  ]);
  assert.equal(values(texts)[2]!.metadata.namespace, 'default');
});

test('a chart with values of one’s own, and as an archive, given or found', { skip }, async (context) => {
  const root = folder(context, { 'values.yaml': 'replicas: 5\nimage: mine\n', 'no-chart.tgz': 'x' });
  const packed = spawnSync('tar', ['czf', join(root, 'shop-1.2.3.tgz'), '-C', fixtures, 'shop/Chart.yaml', 'shop']);
  assert.equal(packed.status, 0);
  const helm = { values: [join(root, 'values.yaml')], set: ['replicas=7'] };
  for (const path of [root, join(root, 'shop-1.2.3.tgz')]) {
    const { texts, unreadable } = await stream([path], { helm, exclude: ['values.yaml'] });
    assert.deepEqual(unreadable, []);
    const deployment = values(texts).find(({ kind }) => kind === 'Deployment')!;
    assert.deepEqual([deployment.spec.replicas, deployment.spec.template.spec.containers[0]!.image], [7, 'mine']);
  }
  assert.match((await stream([join(root, 'no-chart.tgz')])).unreadable[0]!.message, /^helm template failed: /);
});

test('a folder of kustomizations: the overlay is built, and what it uses is not read raw', { skip }, async () => {
  const site = join(fixtures, 'site');
  const { texts, unreadable, notices } = await stream([site]);
  assert.deepEqual([unreadable, notices], [[], []]);
  assert.deepEqual(
    texts.map(({ file }) => relative(site, file)),
    ['alone.yaml', 'overlays/prod/kustomization.yaml'],
  );
  assert.ok(objects(texts).includes('Pod/prod-extra'));
  const deployment = values(texts).find(({ kind }) => kind === 'Deployment')!;
  assert.equal(deployment.metadata.name, 'prod-web');
  assert.deepEqual(deployment.spec.template.spec.containers.map(({ name }) => name).sort(), ['logs', 'web']);
  assert.ok(!objects(texts).includes('Deployment/web'));
});

test('kustomizations: a base alone, an unused component, a circle, a file outside', { skip }, async (context) => {
  assert.deepEqual(objects((await stream([join(fixtures, 'site/base')])).texts).at(-1), 'Deployment/web');
  const unused = await stream([join(fixtures, 'site/components')]);
  assert.match(unused.notices[0]!.message, /is a component that no kustomization here uses/);
  const root = folder(context, {
    'a/kustomization.yaml': 'resources: [../b]',
    'b/kustomization.yaml': 'resources: [../a]',
    'c/kustomization.yaml': 'resources: [../secret.yaml]',
    'c/plugin.yaml': 'x: 1',
    'secret.yaml': 'kind: Pod\napiVersion: v1\nmetadata: {name: secret}',
  });
  const circle = await stream([join(root, 'a'), join(root, 'c')]);
  assert.deepEqual(
    circle.texts.map(({ file }) => relative(root, file)),
    ['c/plugin.yaml'],
  );
  assert.match(circle.unreadable[0]!.message, /cycle/);
  assert.match(circle.unreadable[1]!.message, /security|not in or below/);
  const walked = await stream([root]);
  assert.ok(walked.unreadable.some(({ message }) => /cycle/.test(message)));
});

test('a Chart.yaml hides nothing that Helm does not read', { skip }, async (context) => {
  const pod = 'apiVersion: v1\nkind: Pod\nmetadata: {name: hidden}\nspec: {containers: [{name: c, image: i}]}\n';
  const root = folder(context, {
    'Chart.yaml': 'apiVersion: v2\nname: outer\nversion: 0.1.0\n',
    'values.yaml': 'a: b\n',
    'apps/x/pod.yaml': pod,
  });
  const { texts, unreadable } = await stream([root]);
  assert.deepEqual([objects(texts), unreadable], [['Pod/hidden'], []]);
});

test('a library chart and an unmet dependency are said', { skip }, async (context) => {
  const root = folder(context, {
    'library/Chart.yaml': 'apiVersion: v2\nname: library\nversion: 1.0.0\ntype: library\n',
    'needs/Chart.yaml':
      'apiVersion: v2\nname: needs\nversion: 1.0.0\ndependencies: [{name: gone, version: 1.0.0, repository: "https://charts.example"}]\n',
    'remote/kustomization.yaml': 'resources: ["https://example.invalid/x.yaml", "github.com/a/b//c?ref=v1"]\n',
    'broken/Chart.yaml': 'apiVersion: v2\nname: broken\nversion: 1.0.0\n',
    'broken/templates/x.yaml': 'a: {{ fail "no such luck" }}',
  });
  const { notices, unreadable } = await stream([root]);
  assert.match(notices[0]!.message, /library chart/);
  assert.deepEqual(
    unreadable.map(({ file, hint }) => [relative(root, file), hint?.split(/[ :]/)[0]]),
    [
      ['broken', undefined],
      ['needs', 'fetch'],
      ['remote/kustomization.yaml', 'charts'],
    ],
  );
  assert.match(unreadable[0]!.message, /no such luck/);
  assert.match(unreadable[2]!.message, /^needs https:\/\/example.invalid\/x.yaml, which is not on this machine/);
});

test('a chart that never ends, prints without end, or eats memory is cut off; nothing of it is left', {
  skip,
}, async (context) => {
  const chart = 'apiVersion: v2\nname: x\nversion: 1.0.0\n';
  const root = folder(context, {
    'endless/Chart.yaml': chart,
    'endless/templates/x.yaml':
      '{{- define "x" }}{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}{{ end }}{{ include "x" . }}',
    'long/Chart.yaml': chart,
    'long/templates/x.yaml': '{{ range until 4000 }}a: {{ repeat 1000 "x" }}\n{{ end }}',
    'greedy/Chart.yaml': chart,
    'greedy/templates/x.yaml': '{{ range until 2000000000 }}{{ end }}',
  });
  // A folder of its own: other tests run tools at the same time.
  const temporary = join(root, 'temporary');
  mkdirSync(temporary);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  context.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  const message = async (name: string, milliseconds: number) => {
    const { unreadable, texts } = await stream([join(root, name)], {
      toolLimits: { milliseconds, outputBytes: 1024 * 1024 },
    });
    assert.deepEqual([texts.length, unreadable.length], [0, 1]);
    return unreadable[0]!.message;
  };
  assert.equal(await message('endless', 1_000), 'helm template took longer than 1 s and was ended');
  assert.equal(await message('long', 60_000), 'helm template printed more than 1 MiB and was ended');
  assert.match(await message('greedy', 60_000), /^helm template failed: /);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  const started = Date.now();
  await stream([join(root, 'endless')], { signal: controller.signal });
  assert.ok(Date.now() - started < 30_000);
  assert.deepEqual(readdirSync(temporary), []);
  const running = spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout;
  assert.ok(!running.includes(root), 'helm still runs');
});

test('a tool reaches nothing, not even this machine, unless the network is allowed', {
  skip: withoutNetwork(process.env) ? false : 'this machine allows no network namespaces',
}, async (context) => {
  const server = createServer((_, response) => response.end('reached\n')).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const connect = (allowNetwork: boolean) =>
    runTool({
      program: '/bin/bash',
      args: ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port} && echo reached`],
      allowNetwork,
      env: process.env,
      variables: () => ({}),
    });
  assert.deepEqual(await connect(true), { output: Buffer.from('reached\n') });
  assert.match(((await connect(false)) as { failure: string }).failure, /unreachable|refused/i);
});

test('a tool sees nothing of the environment', async () => {
  process.env.PETRIFY_TEST_SECRET = 'secret';
  const seen = await runTool({
    program: '/usr/bin/env',
    args: [],
    allowNetwork: false,
    env: process.env,
    variables: () => ({ MINE: '1' }),
  });
  delete process.env.PETRIFY_TEST_SECRET;
  assert.ok('output' in seen);
  const variables = seen.output
    .toString()
    .split('\n')
    .map((line) => line.split('=')[0])
    .filter(Boolean)
    .sort();
  assert.deepEqual(
    variables.filter((name) => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name!)),
    ['ALL_PROXY', 'HOME', 'HTTPS_PROXY', 'HTTP_PROXY', 'LC_ALL', 'MINE', 'NO_PROXY', 'TMPDIR'],
  );
});

test('fixtures stay as they are', { skip }, async (context) => {
  const root = folder(context, {});
  cpSync(fixtures, root, { recursive: true });
  const list = () => readdirSync(root, { recursive: true }).sort();
  const before = list();
  await stream([root]);
  assert.deepEqual(list(), before);
});
