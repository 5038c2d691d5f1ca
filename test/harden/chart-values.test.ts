/** Charts: the values that are offered make Helm render the hardened objects; what the chart does not expose comes through the post-renderer. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import {
  type HardenOutputOptions,
  putOut,
  refuseInput,
  refuseOptions,
  renderingOf,
} from '../../src/cli/harden-output.ts';
import { readRenderedInput } from '../../src/cli/rendered-input.ts';
import type { Path } from '../../src/manifest/document.ts';
import { valueAt } from '../../src/manifest/position.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import type { Change } from '../../src/plan/change.ts';
import { isSame } from '../../src/plan/chart-values.ts';
import { patchedObjects } from '../../src/plan/patched-object.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { recordedIo } from '../cli/program.ts';
import { toolFolder } from '../kubectl.ts';

const tools = toolFolder();
const skip = 'missing' in tools ? tools.missing : false;
const env = { PATH: `${'folder' in tools ? tools.folder : ''}:${process.env.PATH}` };
const charts = join(import.meta.dirname, 'fixtures/charts');

/** A plan with every kind of change that charts usually expose; the user differs by component. */
function changesOf({ name, containers, podSpecPath, podSpec }: Workload): Change[] {
  const uid = name.endsWith('worker') ? 1001 : 1000;
  const add = (path: Path, value: unknown): Change => ({
    op: 'add',
    path,
    value,
    because: `${path.slice(-2).join(' ')} of ${name}`,
  });
  const removed = containers.filter(({ settings }) => settings.privileged.value);
  return [
    ...containers.flatMap(({ path }) => [
      add([...path, 'securityContext', 'readOnlyRootFilesystem'], true),
      add([...path, 'securityContext', 'runAsUser'], uid),
      add([...path, 'securityContext', 'capabilities', 'drop'], ['ALL']),
      add([...path, 'volumeMounts', '-'], { name: 'run', mountPath: '/run' }),
    ]),
    ...removed.map(
      ({ path }): Change => ({ op: 'remove', path: [...path, 'securityContext', 'privileged'], because: 'x' }),
    ),
    add([...podSpecPath, 'volumes', '-'], { name: 'run', emptyDir: { sizeLimit: '64Mi' } }),
    add([...podSpecPath, 'securityContext', 'fsGroup'], 1000),
    ...(podSpec.automountServiceAccountToken === true
      ? [add([...podSpecPath, 'automountServiceAccountToken'], false)]
      : []),
    ...(containers[0]!.spec.env !== undefined
      ? [add([...containers[0]!.path, 'env', '-'], { name: 'HOME', value: '/run' })]
      : []),
  ];
}

interface Put {
  readonly out: string;
  readonly err: string;
  readonly wanted: ReadonlyMap<string, { after: unknown; podSpecPaths: readonly Path[] }>;
}

async function harden(chart: string, options: HardenOutputOptions): Promise<Put> {
  const { io, said } = recordedIo({ env });
  refuseOptions([chart], options);
  const input = await readRenderedInput([chart], renderingOf(options), io);
  assert.deepEqual(input.unreadable, []);
  refuseInput(input, options);
  const planned = input.workloads.map((workload) => ({ workload, changes: changesOf(workload), profile: undefined }));
  await putOut(input, planned, options, io);
  return {
    ...said,
    wanted: new Map(patchedObjects(planned).map((object) => [`${object.kind}/${object.name}`, object])),
  };
}

function run(program: string, args: readonly string[], variables: Readonly<Record<string, string>>): string {
  const done = spawnSync(program, args, { encoding: 'utf8', env: { ...env, HOME: tmpdir(), ...variables } });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
}

/** Rendered as a user would, with the files that were written. */
function rendered(chart: string, folder: string, release: string): Map<string, unknown> {
  const args = ['template', release, chart, '--namespace', 'default', '--values', join(folder, 'values.petrify.yaml')];
  const plugin = join(folder, 'post-renderer');
  const home = { HELM_DATA_HOME: join(folder, 'helm'), HELM_CACHE_HOME: join(folder, 'cache') };
  if (existsSync(plugin)) {
    run('helm', ['plugin', 'install', plugin], home);
    args.push('--post-renderer', `petrify-${release}`);
  }
  const { documents } = readDocuments({ file: 'x', text: run('helm', args, home) });
  return new Map(documents.map(({ value }) => [`${Object(value).kind}/${Object(value).metadata.name}`, value]));
}

/** What is random in a chart is another each time, and no part of what was hardened. */
function assertRendered({ wanted }: Put, objects: ReadonlyMap<string, unknown>): void {
  const plain = (object: unknown) =>
    JSON.parse(JSON.stringify(object, (key, value) => (key === 'checksum/secret' ? undefined : value)));
  let compared = 0;
  for (const [id, { after, podSpecPaths }] of wanted) {
    if (id.includes('-test-')) continue;
    compared++;
    const [actual, expected] = [plain(objects.get(id)), plain(after)];
    if (!isSame(actual, expected, [], podSpecPaths)) assert.deepEqual(actual, expected);
  }
  assert.ok(compared > 0);
}

const values = (text: string) => readDocuments({ file: 'values', text }).documents[0]?.value;

async function inFolder(context: test.TestContext, name: string, options: HardenOutputOptions = {}) {
  const output = mkdtempSync(join(tmpdir(), 'petrify-chart-'));
  context.after(() => rmSync(output, { recursive: true }));
  const chart = join(charts, name);
  const put = await harden(chart, { output, helmRelease: 'mine', ...options });
  const text = readFileSync(join(output, 'values.petrify.yaml'), 'utf8');
  return { chart, output, put, text, values: values(text), hasPostRenderer: existsSync(join(output, 'post-renderer')) };
}

test('a chart that exposes everything: values alone, switches and lists of its own included', {
  skip,
}, async (context) => {
  const { chart, output, put, text, values, hasPostRenderer } = await inFolder(context, 'open', { explain: true });
  assert.deepEqual(values, {
    serviceAccount: { automount: false },
    podSecurityContext: { fsGroup: 1000 },
    containerSecurityContext: {
      enabled: true,
      privileged: null,
      readOnlyRootFilesystem: true,
      runAsUser: 1000,
      capabilities: { drop: ['ALL'] },
    },
    extraEnvVars: [{ name: 'HOME', value: '/run' }],
    extraVolumeMounts: [{ name: 'run', mountPath: '/run' }],
    extraVolumes: [
      { name: 'own', emptyDir: {} },
      { name: 'run', emptyDir: { sizeLimit: '64Mi' } },
    ],
  });
  assert.equal(hasPostRenderer, false);
  assert.match(text, /^# containerSecurityContext: securityContext readOnlyRootFilesystem of mine-web; /m);
  assertRendered(put, rendered(chart, output, 'mine'));
});

test('a chart that exposes two fields of one context: these, and the rest by the post-renderer', {
  skip,
}, async (context) => {
  const { chart, output, put, text, values, hasPostRenderer } = await inFolder(context, 'context', { explain: true });
  assert.deepEqual(values, { securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000 } });
  assert.match(
    text,
    /^# securityContext: securityContext readOnlyRootFilesystem of mine-web; securityContext runAsUser of mine-web$/m,
  );
  assert.ok(hasPostRenderer);
  assertRendered(put, rendered(chart, output, 'mine'));
  assert.match(
    put.err,
    /helm plugin install \S+ && helm upgrade --install mine \S+context --values \S+ --post-renderer petrify-mine\n/,
  );
});

test('a chart that exposes nothing, whatever its keys are called: all by the post-renderer', {
  skip,
}, async (context) => {
  const { chart, output, put, values } = await inFolder(context, 'closed');
  assert.deepEqual(values, {});
  assert.match(put.err, /exposes nothing/);
  assert.match(put.err, /note: Pod mine-test-\w+ has another name at each rendering: it stays as it is/);
  assertRendered(put, rendered(chart, output, 'mine'));
});

test('two components: each its own keys, and what they share only where both want it', { skip }, async (context) => {
  const { chart, output, put, values, hasPostRenderer } = await inFolder(context, 'pair');
  assert.equal(hasPostRenderer, false);
  assert.deepEqual(valueAt(values, ['web', 'securityContext', 'runAsUser']), 1000);
  assert.deepEqual(valueAt(values, ['worker', 'securityContext', 'runAsUser']), 1001);
  assert.deepEqual(valueAt(values, ['podSecurityContext']), { fsGroup: 1000 });
  assertRendered(put, rendered(chart, output, 'mine'));
});

test('one key for two containers that want different users: what both want, and no more', { skip }, async (context) => {
  const { chart, output, put, values, hasPostRenderer } = await inFolder(context, 'shared');
  assert.deepEqual(values, { securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } } });
  assert.ok(hasPostRenderer);
  assertRendered(put, rendered(chart, output, 'mine'));
});

test('a chart of charts, as an archive: keys of a dependency below its name here', { skip }, async (context) => {
  const root = mkdtempSync(join(tmpdir(), 'petrify-chart-'));
  context.after(() => rmSync(root, { recursive: true }));
  const archive = join(root, 'umbrella-1.0.0.tgz');
  assert.equal(spawnSync('tar', ['czf', archive, '-C', charts, 'umbrella/Chart.yaml', 'umbrella']).status, 0);
  const put = await harden(archive, { output: root, helmRelease: 'mine' });
  assert.equal(existsSync(join(root, 'post-renderer')), false, put.err);
  assert.deepEqual(valueAt(values(readFileSync(join(root, 'values.petrify.yaml'), 'utf8')), ['shop', 'pod']), {
    securityContext: { fsGroup: 1000 },
  });
  assertRendered(put, rendered(archive, root, 'mine'));
});

test('without a folder the values are printed; what cannot be is said', { skip }, async () => {
  const put = await harden(join(charts, 'context'), {});
  assert.deepEqual(values(put.out), { securityContext: { readOnlyRootFilesystem: true, runAsUser: 1000 } });
  assert.match(put.err, /\+ spec\.template\.spec\.volumes\[run\]/);
  await assert.rejects(harden(charts, { format: 'helm-values' }), { code: 'bad-usage' });
  await assert.rejects(
    harden(join(charts, 'context'), { write: true }),
    /--write cannot write into \S+context: helm printed/,
  );
});
