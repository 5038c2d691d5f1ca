/** What `harden` prints and writes, taken by the tools that it is for: patch, kubectl and Kustomize. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import {
  type HardenOutputOptions,
  type Planned,
  putOut,
  refuseInput,
  refuseOptions,
  renderingOf,
} from '../../src/cli/harden-output.ts';
import { readRenderedInput } from '../../src/cli/rendered-input.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import type { Change } from '../../src/plan/change.ts';
import { renderChanges } from '../../src/plan/render.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { toolFolder } from '../kubectl.ts';
import { recordedIo } from './program.ts';

const tools = toolFolder();
const skip = 'missing' in tools ? tools.missing : false;
const env = { PATH: `${'folder' in tools ? tools.folder : ''}:${process.env.PATH}` };
const kubectl = 'folder' in tools ? join(tools.folder, 'kubectl') : '';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web # the server
          image: example.org/web:1
        - name: log
          image: example.org/log:1
          securityContext: { privileged: true }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: web, namespace: shop }
`;
const ROLLOUT = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: web.1, namespace: shop }
spec:
  template:
    spec:
      containers: [{ name: web, image: example.org/web:1 }]
`;

/** What a plan may ask for; the loop that makes real ones needs an engine. */
function changesOf({ containers, podSpecPath }: Workload): Change[] {
  return [
    ...containers.flatMap(({ path }): Change[] => [
      {
        op: 'add',
        path: [...path, 'securityContext', 'readOnlyRootFilesystem'],
        value: true,
        because: 'nothing may change',
      },
      { op: 'remove', path: [...path, 'securityContext', 'privileged'], because: 'it works without' },
      {
        op: 'add',
        path: [...path, 'volumeMounts', '-'],
        value: { name: 'run', mountPath: '/run' },
        because: 'socket: /run/web.sock',
      },
    ]),
    {
      op: 'add',
      path: [...podSpecPath, 'volumes', '-'],
      value: { name: 'run', emptyDir: { sizeLimit: '64Mi' } },
      because: 'socket: /run/web.sock',
    },
  ];
}

const folderOf = (context: test.TestContext, files: Readonly<Record<string, string>>): string => {
  const root = mkdtempSync(join(tmpdir(), 'petrify-output-'));
  context.after(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
};

async function output(paths: readonly string[], options: HardenOutputOptions, stdin = '') {
  const { io, said } = recordedIo({ stdin, env });
  refuseOptions(paths, options);
  const input = await readRenderedInput(paths, renderingOf(options), io);
  assert.deepEqual(input.unreadable, []);
  refuseInput(input, options);
  const planned = input.workloads.map(
    (workload): Planned => ({ workload, changes: changesOf(workload), profile: undefined }),
  );
  await putOut(input, planned, options, io);
  const spliced = input.texts.map((text) =>
    renderChanges(
      text.text,
      planned
        .filter(({ workload }) => workload.document.text === text)
        .map(({ workload, changes }) => ({ document: workload.document, changes })),
    ),
  );
  return { ...said, spliced };
}

function run(program: string, args: readonly string[], cwd: string, input?: string): string {
  const done = spawnSync(program, args, { cwd, input, encoding: 'utf8', env: { HOME: cwd, PATH: process.env.PATH } });
  assert.equal(done.status, 0, `${done.stdout}${done.stderr}`);
  return done.stdout;
}

/** The objects of a text by kind and name. */
function objects(text: string): Record<string, unknown> {
  const { documents, unreadable } = readDocuments({ file: 'x', text });
  assert.deepEqual(unreadable, []);
  return Object.fromEntries(
    documents.map(({ value }) => [`${Object(value).kind}/${Object(value).metadata.name}`, value]),
  );
}

test('--explain: every changed line of the difference, and the difference is still a patch', async (context) => {
  const root = folderOf(context, { 'web.yaml': WEB });
  const { out, spliced } = await output([join(root, 'web.yaml')], { explain: true });
  const reasons = out.slice(0, out.indexOf('--- a/')).trimEnd().split('\n');
  const changed = out
    .slice(out.indexOf('--- a/'))
    .split('\n')
    .filter((line) => /^[+-](?![+-])/.test(line));
  assert.deepEqual(
    reasons.map((line) => /^\S+web\.yaml:\d+: ([+-] .*?) {2}# (nothing|it works|socket)/.exec(line)?.[1]),
    changed.map((line) => `${line[0]} ${line.slice(1).trim()}`),
  );
  if (spawnSync('patch', ['--version']).status !== 0) return;
  run('patch', ['-s', join(root, 'web.yaml')], root, out);
  assert.equal(readFileSync(join(root, 'web.yaml'), 'utf8'), spliced[0]);
});

test('json-patch: one object on standard output is one list, several want a folder', { skip }, async (context) => {
  const root = folderOf(context, { 'web.yaml': WEB, 'rollout.yaml': ROLLOUT });
  const { out, err, spliced } = await output([join(root, 'rollout.yaml')], { format: 'json-patch', explain: true });
  assert.match(
    err,
    /^Rollout web\.1 \+ spec\.template\.spec\.containers\[web\]\.securityContext.*: nothing may change$/m,
  );
  const patched = run(
    kubectl,
    ['patch', '--local', '-f', 'rollout.yaml', '--type', 'json', '-p', out, '-o', 'json'],
    root,
  );
  assert.deepEqual(JSON.parse(patched), Object.values(objects(spliced[0]!))[0]);
  await assert.rejects(output([root], { format: 'json-patch' }), { code: 'bad-usage' });
  const folder = join(root, 'out');
  const said = await output([join(root, 'web.yaml'), join(root, 'rollout.yaml')], {
    format: 'json-patch',
    output: folder,
  });
  assert.deepEqual(readdirSync(folder).sort(), ['deployment-web.json-patch.json', 'rollout-web.1.json-patch.json']);
  assert.match(
    said.err,
    /kubectl patch --namespace shop rollout\.v1alpha1\.argoproj\.io\/web\.1 --type json --patch-file /,
  );
});

test('strategic-merge: a stream with its reasons beside; a custom resource gets a JSON Patch, and it is said', {
  skip,
}, async (context) => {
  const root = folderOf(context, { 'web.yaml': WEB.split('---\n')[0]!, 'rollout.yaml': ROLLOUT });
  const { out, spliced } = await output([join(root, 'web.yaml'), join(root, 'rollout.yaml')], {
    format: 'strategic-merge',
    explain: true,
  });
  const [, web = '', rollout = ''] = out.split('---\n');
  assert.match(web, /^# kubectl patch --namespace shop deployment\/web --type strategic --patch-file FILE\n/);
  assert.match(web, /^ +privileged: null # it works without$/m);
  assert.match(rollout, /^# A JSON Patch: a Rollout has no merge keys/);
  writeFileSync(join(root, 'patch.yaml'), web);
  const patched = run(
    kubectl,
    ['patch', '--local', '-f', 'web.yaml', '--type', 'strategic', '--patch-file', 'patch.yaml', '-o', 'json'],
    root,
  );
  assert.deepEqual(JSON.parse(patched), objects(spliced[0]!)['Deployment/web']);
  writeFileSync(join(root, 'patch.yaml'), rollout);
  const other = run(
    kubectl,
    ['patch', '--local', '-f', 'rollout.yaml', '--type', 'json', '--patch-file', 'patch.yaml', '-o', 'json'],
    root,
  );
  assert.deepEqual(JSON.parse(other), Object.values(objects(spliced[1]!))[0]);
});

test('kustomize: files below the folder as they are, others as copies, standard input too', {
  skip,
}, async (context) => {
  const root = folderOf(context, { 'deploy/web.yaml': WEB, 'deploy/more/rollout.yaml': ROLLOUT });
  for (const [folder, resources] of [
    [join(root, 'deploy'), ['more/rollout.yaml', 'web.yaml']],
    [join(root, 'deploy/hard'), ['resources/rollout.yaml', 'resources/web.yaml']],
  ] as const) {
    const paths = [join(root, 'deploy/more/rollout.yaml'), join(root, 'deploy/web.yaml')];
    const { spliced } = await output(paths, { format: 'kustomize', output: folder, explain: true });
    const { documents } = readDocuments({ file: 'k', text: readFileSync(join(folder, 'kustomization.yaml'), 'utf8') });
    assert.deepEqual(Object(documents[0]!.value).resources, resources);
    assert.deepEqual(objects(run(kubectl, ['kustomize', folder], root)), Object.assign({}, ...spliced.map(objects)));
  }
  const { spliced } = await output(['-'], { format: 'kustomize', output: join(root, 'piped') }, WEB);
  assert.deepEqual(objects(run(kubectl, ['kustomize', join(root, 'piped')], root)), objects(spliced[0]!));
});

test('kustomize: an existing base is referred to, whatever it makes of the names', { skip }, async (context) => {
  const root = folderOf(context, {
    'base/web.yaml': WEB,
    'base/kustomization.yaml': 'resources: [web.yaml]\nnamePrefix: shop-\nnamespace: shop\n',
  });
  const folder = join(root, 'overlays/hard');
  const { spliced } = await output([join(root, 'base/web.yaml')], { format: 'kustomize', output: folder });
  assert.match(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'), /^resources:\n {2}- ..\/..\/base$/m);
  const built = Object(objects(run(kubectl, ['kustomize', folder], root))['Deployment/shop-web']);
  assert.deepEqual(built.spec, Object(objects(spliced[0]!)['Deployment/web']).spec);
});

test('a Kustomize folder: what it builds is hardened, in an overlay of it; nothing is written into it', {
  skip,
}, async (context) => {
  const root = folderOf(context, {
    'base/web.yaml': WEB,
    'base/kustomization.yaml': 'resources: [web.yaml]\nnamePrefix: shop-\n',
  });
  const folder = join(root, 'overlays/hard');
  const { spliced } = await output([join(root, 'base')], { output: folder });
  assert.deepEqual(objects(run(kubectl, ['kustomize', folder], root)), objects(spliced[0]!));
  assert.match(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'), /- ..\/..\/base$/m);
  assert.deepEqual(readdirSync(join(root, 'base')).sort(), ['kustomization.yaml', 'web.yaml']);
  await assert.rejects(output([join(root, 'base')], { write: true }), /kustomize printed its objects/);
  const { out } = await output([join(root, 'base')], { format: 'diff' });
  assert.match(out, /^\+ +readOnlyRootFilesystem: true$/m);
});

test('kustomize on standard output is one file that stands beside the manifests', { skip }, async (context) => {
  const root = folderOf(context, { 'web.yaml': WEB, 'rollout.yaml': ROLLOUT });
  const before = process.cwd();
  process.chdir(root);
  context.after(() => process.chdir(before));
  const { out, err, spliced } = await output(['rollout.yaml', 'web.yaml'], { format: 'kustomize', explain: true });
  assert.equal(err, '');
  assert.match(
    out,
    /^ +# \+ spec\.template\.spec\.containers\[web\]\.volumeMounts\[\/run\]: socket: \/run\/web\.sock$/m,
  );
  writeFileSync('kustomization.yaml', out);
  assert.deepEqual(objects(run(kubectl, ['kustomize', '.'], root)), Object.assign({}, ...spliced.map(objects)));
});

test('what does not go together is refused before anything is run', async (context) => {
  const root = folderOf(context, { 'a/web.yaml': WEB, 'b/web.yaml': WEB });
  const refusals: [readonly string[], HardenOutputOptions, RegExp][] = [
    [['-'], { write: true }, /standard input/],
    [[root], { write: true, format: 'kustomize' }, /--write writes manifests/],
    [[root], { diff: true, format: 'kustomize' }, /both print/],
    [[root], { output: join(root, 'a/web.yaml') }, /is a file/],
    [[root], { format: 'kustomize' }, /two objects apps\/v1 Deployment shop web/],
    [[root], { format: 'json-patch' }, /does not say which object/],
  ];
  for (const [paths, options, message] of refusals)
    await assert.rejects(output(paths, options), (error) => {
      assert.match(String(error), message);
      return Object(error).code === 'bad-usage';
    });
});
