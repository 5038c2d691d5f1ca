/** The command line of `check`: each option, the settings file, exceptions, known findings; and what is said of bad ones. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { findSettings } from '../../src/settings/find.ts';
import { settingsSchemaDocuments } from '../../src/settings/schema.ts';
import { petrify } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-check-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A pod with one fault of each kind: mutable, bypassable, and one that changes nothing. */
function pod(annotations = '{}', name = 'web'): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  annotations: ${annotations}
spec:
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    seccompProfile: { type: RuntimeDefault }
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
    - name: open
      image: registry.example/web:1
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`;
}

const check = (...args: string[]) => petrify(['check', '--no-config', ...args]);

interface Found {
  readonly control: string;
  readonly line: number;
  readonly message: string;
  readonly standing: { readonly kind: string; readonly by?: string };
}

/** The JSON result, every finding of it in one list. */
async function found(...args: string[]) {
  const said = await petrify(['check', '--format', 'json', ...args]);
  const { workloads, objects, notices, tally } = JSON.parse(said.out);
  const findings: Found[] = [...workloads, ...objects].flatMap((one) => [
    ...one.findings,
    ...(one.containers ?? []).flatMap((container: { findings: Found[] }) => container.findings),
  ]);
  return { ...said, workloads, objects, notices, tally, findings };
}

const standingOf = (findings: readonly Found[], id: string) =>
  findings.filter(({ control }) => control === id).map(({ standing }) => standing.kind);

describe('exceptions on the object', () => {
  const ignoring = (text: string) => pod(`{ petrify.dev/ignore.read-only-root-filesystem: ${JSON.stringify(text)} }`);
  const cases = [
    { name: 'with a reason', text: 'writes everywhere', holds: true },
    { name: 'until a day to come', text: 'a migration until=9999-12-31', holds: true },
    { name: 'for its container', text: 'a migration container=open', holds: true },
    { name: 'for another container', text: 'a migration container=web', holds: false, message: undefined },
    { name: 'for no container', text: 'a migration container=opne', holds: false, message: /`opne`.*`open`/ },
    { name: 'without a reason', text: '', holds: false, message: /no reason/ },
    { name: 'with a day and no reason', text: 'until=9999-12-31', holds: false, message: /no reason/ },
    { name: 'that ended', text: 'was right until=2020-01-01', holds: false, message: /ended on 2020-01-01/ },
    {
      name: 'with no such day',
      text: 'was right until=2027-02-30',
      holds: false,
      message: /`until=2027-02-30` is no day/,
    },
  ];
  for (const { name, text, holds, message } of cases) {
    test(`${name}: ${holds ? 'holds' : 'does not hold'}`, async () => {
      const { findings, workloads } = await found('--no-config', file('excepted.yaml', ignoring(text)));
      assert.deepEqual(standingOf(findings, 'read-only-root-filesystem'), [holds ? 'excepted' : 'counts']);
      assert.equal(workloads[0].verdict, 'mutable', 'the container is what it is');
      const said = findings.filter(({ control }) => control === 'exception');
      assert.equal(said.length, message === undefined ? 0 : 1);
      if (message === undefined) return;
      assert.match(said[0]!.message, message);
      assert.equal(said[0]!.line, 5);
    });
  }

  test('for a control that is not there: the nearest is named', async () => {
    const path = file('typo.yaml', pod('{ petrify.dev/ignore.read-only-root-filesytem: "x" }'));
    const { findings } = await found('--no-config', path);
    assert.match(
      findings.find(({ control }) => control === 'exception')!.message,
      /did you mean `read-only-root-filesystem`/,
    );
  });

  test('of a finding about exceptions: never', async () => {
    const path = file('itself.yaml', pod('{ petrify.dev/ignore.exception: "x", petrify.dev/ignore.privileged: "" }'));
    const { findings } = await found('--no-config', path);
    assert.deepEqual(standingOf(findings, 'exception'), ['counts', 'counts']);
  });

  test('of an item of a List, and of a pod template', async () => {
    const excepted = '{ petrify.dev/ignore.read-only-root-filesystem: "x" }';
    const indented = pod(excepted).trim().replaceAll('\n', '\n    ');
    const list = `apiVersion: v1\nkind: List\nitems:\n  - ${indented}\n`;
    const template = pod(excepted)
      .replace(/^apiVersion.*\nkind.*\n/, '')
      .trim()
      .replaceAll('\n', '\n    ');
    const deployment = `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: d }\nspec:\n  template:\n    ${template}\n`;
    for (const text of [list, deployment]) {
      const { findings } = await found('--no-config', file('nested.yaml', text));
      assert.deepEqual(standingOf(findings, 'read-only-root-filesystem'), ['excepted'], text);
    }
  });

  test('of a Namespace: without a reason it is a finding', async () => {
    const namespace =
      'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n  annotations:\n    petrify.dev/ignore.host-pid: ""\n';
    const { findings } = await found('--no-config', file('namespace.yaml', namespace));
    assert.deepEqual(standingOf(findings, 'object-exception'), ['counts']);
  });
});

describe('the settings file', () => {
  const web = () => file('web.yaml', pod());
  const settings = (text: string) => file('petrify.yaml', text);

  test('an exception of it holds for what it names, a misspelt name is a notice', async () => {
    const text = (name: string) =>
      `exceptions:\n  - control: read-only-root-filesystem\n    kind: Pod\n    name: ${name}\n    container: open\n    reason: x\n`;
    const matching = await found('--config', settings(text('web')), web());
    assert.deepEqual(standingOf(matching.findings, 'read-only-root-filesystem'), ['excepted']);
    assert.deepEqual(matching.notices, []);
    const other = await found('--config', settings(text('wbe')), web());
    assert.deepEqual(standingOf(other.findings, 'read-only-root-filesystem'), ['counts']);
    assert.deepEqual([other.notices.length, other.notices[0].line], [1, 2]);
  });

  test('an expired exception is a finding at its line and does not hold', async () => {
    const path = settings(
      'exceptions:\n  - control: read-only-root-filesystem\n    reason: x\n    until: 2020-01-01\n',
    );
    const { findings, objects, tally } = await found('--config', path, web());
    assert.deepEqual(standingOf(findings, 'read-only-root-filesystem'), ['counts']);
    assert.equal(objects[0].source.file, path);
    assert.deepEqual([objects[0].findings[0].line, objects[0].findings[0].standing.kind], [4, 'counts']);
    assert.equal(tally.objects, 0, 'it is no object of the input');
  });

  test('a control is switched off, and that is said; another gets a level', async () => {
    const off = settings('controls: { read-only-root-filesystem: { enabled: false, reason: not here } }');
    const one = await found('--config', off, web());
    assert.deepEqual(standingOf(one.findings, 'read-only-root-filesystem'), []);
    assert.equal(one.workloads[0].verdict, 'mutable');
    assert.match(one.notices[0].message, /read-only-root-filesystem is switched off: not here/);
    const strict = settings('controls: { read-only-root-filesystem: { level: strict, reason: not here } }');
    assert.deepEqual(standingOf((await found('--config', strict, web())).findings, 'read-only-root-filesystem'), []);
    const all = await found('--config', strict, '--level', 'strict', web());
    assert.equal(standingOf(all.findings, 'read-only-root-filesystem').length, 1);
  });

  test('the flag wins over the environment, and that over the file', async () => {
    const path = settings('failOn: finding');
    const run = (args: string[], env: NodeJS.ProcessEnv) =>
      petrify(['check', '--config', path, ...args, web()], { env: { ...process.env, ...env } });
    assert.equal((await run([], {})).code, 1);
    assert.equal((await run([], { PETRIFY_FAIL_ON: 'never' })).code, 0);
    assert.equal((await run(['--fail-on', 'mutable'], { PETRIFY_FAIL_ON: 'never' })).code, 1);
  });

  const bad = [
    ['levle: strict', 1, 1, /there is no key levle/, /did you mean level\?/],
    ['\nfail-on: never', 2, 1, /there is no key fail-on/, /did you mean failOn\?/],
    ['level: stric', 1, 1, /level: must be minimal or standard or strict/, /did you mean strict\?/],
    ['kubernetesVersion: 1.30', 1, 1, /must be a text: write it in quotes/],
    ['exceptions:\n  - control: privilged\n    reason: x', 2, 5, /there is no control privilged/, /mean privileged\?/],
    ['exceptions: [{ control: CKV_K8S_22, reason: x }]', 1, 16, /no control CKV_K8S_22/, /read-only-root-filesystem/],
    ['exceptions: [{ control: exception, reason: x }]', 1, 16, /exception is never excepted itself/],
    ['exceptions:\n  - control: privileged', 2, 5, /exceptions\.0\.reason is missing/],
    ['exceptions: [{ control: privileged, reason: x, nmae: y }]', 1, 48, /there is no key nmae/, /mean name\?/],
    ['exceptions: [{ control: privileged, reason: x, until: soon }]', 1, 48, /must be a day, YYYY-MM-DD/],
    ['controls: { privileged: { reason: x } }', 1, 13, /enabled or level beside the reason/],
    ['- a', 1, 1, /must be a mapping/],
    ['level: [', 1, 8, /is not valid YAML/],
    ['level: strict\n---\nlevel: strict', 3, 1, /is a second document/],
  ] as const;
  for (const [text, line, column, message, hint] of bad) {
    test(`refused: ${text.replaceAll('\n', ' ⏎ ')}`, async () => {
      const path = settings(text);
      const { code, out, err } = await petrify(['check', '--config', path, web()]);
      assert.deepEqual([code, out], [2, '']);
      assert.ok(err.startsWith(`petrify: ${path}:${line}:${column}: `), err);
      assert.match(err, message);
      if (hint) assert.match(err, hint);
    });
  }

  test('an empty one says nothing; one that is not there is refused', async () => {
    assert.equal((await petrify(['check', '--config', settings('# nothing\n'), '--fail-on', 'never', web()])).code, 0);
    const { code, err } = await petrify(['check', '--config', join(folder, 'nope.yaml'), web()]);
    assert.equal(code, 2);
    assert.match(err, /nope\.yaml: no such file/);
  });

  test('it is looked for up to the root of the repository, and not beyond', () => {
    const outer = join(folder, 'outer');
    const inner = join(outer, 'repository', 'deploy', 'web');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(outer, 'petrify.yaml'), '');
    assert.equal(findSettings(inner), undefined, 'outside of a repository only the folder itself counts');
    mkdirSync(join(outer, 'repository', '.git'));
    assert.equal(findSettings(inner), undefined, 'above the repository');
    writeFileSync(join(outer, 'repository', 'petrify.yaml'), '');
    assert.equal(findSettings(inner), '../../petrify.yaml');
    writeFileSync(join(inner, 'petrify.yaml'), '');
    assert.equal(findSettings(inner), 'petrify.yaml');
  });

  test('the published schema agrees', () => {
    const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(
      settingsSchemaDocuments().get('settings.v1alpha1.json') as object,
    );
    assert.ok(valid({ level: 'strict', exceptions: [{ control: 'privileged', reason: 'x' }] }));
    for (const wrong of [{ levle: 'strict' }, { level: 'x' }, { exceptions: [{ control: 'privileged' }] }])
      assert.ok(!valid(wrong));
  });
});

test('an option that may be given twice takes one word each time; paths behind it stay paths', async () => {
  const kept = file('kept.yaml', pod());
  const left = file('left.yaml', pod('{}', 'left'));
  const { code, out } = await check('--exclude', 'left*', '--exclude', 'none*', kept, left, '--format', 'json');
  assert.equal(code, 1);
  assert.deepEqual(
    JSON.parse(out).workloads.map(({ name }: { name: string }) => name),
    ['web'],
  );
});

test('--images says as whom a container runs', async () => {
  const config = JSON.stringify({ config: { User: '101' } });
  const manifest = JSON.stringify([{ Config: 'c.json', RepoTags: ['registry.example/web:1'], Layers: [] }]);
  const saved = join(folder, 'saved');
  mkdirSync(saved);
  writeFileSync(join(saved, 'c.json'), config);
  writeFileSync(join(saved, 'manifest.json'), manifest);
  const path = file('image.yaml', pod().replace(/ {4}runAsNonRoot: true\n {4}runAsUser: 65532\n/, ''));
  const findingsWith = async (...args: string[]) =>
    JSON.parse((await check('--format', 'json', ...args, path)).out).workloads[0].containers[0].findings.map(
      ({ control, verdict }: { control: string; verdict: string }) => `${control}=${verdict}`,
    );
  assert.deepEqual(await findingsWith(), ['run-as-non-root=bypassable']);
  assert.deepEqual(await findingsWith('--images', saved), ['run-as-non-root=immutable']);
});

describe('known findings', () => {
  test('what is recorded does not fail; a new finding does; what went is said; the file is stable', async () => {
    const path = file('shop.yaml', pod());
    const known = join(folder, 'known.json');
    const recorded = await check('--record-known', known, path);
    assert.equal(recorded.code, 0);
    assert.match(recorded.err, /findings? recorded in /);
    const text = readFileSync(known, 'utf8');
    const valid = new Ajv2020({ strict: false }).compile(
      settingsSchemaDocuments().get('known.v1alpha1.json') as object,
    );
    assert.ok(valid(JSON.parse(text)));
    assert.doesNotMatch(text, /"line"/);
    assert.equal((await check('--known', known, path)).code, 0);

    file('shop.yaml', `# moved\n\n${pod()}`);
    assert.equal((await check('--known', known, path)).code, 0, 'a finding that moved is no new one');
    await check('--record-known', known, path);
    assert.equal(readFileSync(known, 'utf8'), text);

    file('shop.yaml', pod().replace('automount', 'hostPID: true\n  automount'));
    const worse = await found('--no-config', '--known', known, path);
    assert.equal(worse.code, 1);
    assert.deepEqual(standingOf(worse.findings, 'host-pid').includes('counts'), true);
    assert.deepEqual(standingOf(worse.findings, 'read-only-root-filesystem'), ['known']);

    file('shop.yaml', pod().replace('name: open\n', 'name: other\n'));
    const { notices } = await found('--no-config', '--known', known, path);
    assert.match(notices[0].message, /known findings? (is|are) gone/);
  });

  test('a worse finding of a known control is new', async () => {
    const withCapability = (name: string) => pod().replace('drop: [ALL]', `drop: [ALL]\n          add: [${name}]`);
    const known = join(folder, 'known-capability.json');
    const path = file('capability.yaml', withCapability('NET_RAW'));
    assert.match(readFileSync(path, 'utf8'), /NET_RAW/);
    await check('--record-known', known, path);
    assert.equal((await check('--known', known, path)).code, 0);
    file('capability.yaml', withCapability('SYS_ADMIN'));
    const { code, findings } = await found('--no-config', '--known', known, path);
    assert.equal(code, 1);
    assert.deepEqual(standingOf(findings, 'added-capabilities'), ['counts']);
  });

  test('findings of the same name in another file are new', async () => {
    const known = join(folder, 'known-of-one.json');
    await check('--record-known', known, file('one.yaml', pod()));
    assert.equal((await check('--known', known, file('two.yaml', pod()))).code, 1);
  });

  test('nothing is recorded where not everything could be read', async () => {
    const known = join(folder, 'never.json');
    const { code, err } = await check('--record-known', known, file('good.yaml', pod()), join(folder, 'nope.yaml'));
    assert.equal(code, 2);
    assert.match(err, /nothing was recorded/);
    assert.ok(!existsSync(known));
  });

  test('refused: another schema, no such file, both at once', async () => {
    const path = file('web.yaml', pod());
    const other = await check('--known', file('other.json', '{"schema": "x", "findings": []}'), path);
    assert.equal(other.code, 2);
    assert.match(other.err, /other\.json:1:2: schema: must be petrify\.dev\/known\/v1alpha1/);
    assert.equal((await check('--known', join(folder, 'no.json'), path)).code, 2);
    assert.equal((await check('--known', 'a', '--record-known', 'b', path)).code, 2);
    assert.equal((await check('--diff-from', 'HEAD', '--record-known', 'b', path)).code, 2);
  });
});

describe('what comes out', () => {
  test('--output: the report is in the file, one line on stderr, nothing on stdout', async () => {
    const output = join(folder, 'new', 'report.json');
    const { code, out, err } = await check('--format', 'json', '--output', output, file('web.yaml', pod()));
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^petrify: \d+ findings?: .*report\.json\n$/);
    assert.equal(JSON.parse(readFileSync(output, 'utf8')).workloads.length, 1);
  });

  test('--output of nothing that makes pods leaves what was there, and no other file', async () => {
    const target = join(folder, 'kept');
    mkdirSync(target);
    writeFileSync(join(target, 'report.txt'), 'before');
    const config = file('config.yaml', 'apiVersion: v1\nkind: Service\nmetadata: { name: c }\n');
    assert.equal((await check('--output', join(target, 'report.txt'), config)).code, 2);
    assert.deepEqual(readdirSync(target), ['report.txt']);
    assert.equal(readFileSync(join(target, 'report.txt'), 'utf8'), 'before');
  });

  test('--output into a file as if it were a folder is refused', async () => {
    const web = file('web.yaml', pod());
    const { code, err } = await check('--output', join(web, 'report.txt'), web);
    assert.equal(code, 2);
    assert.match(err, /cannot be written/);
  });

  for (const format of ['text', 'json', 'sarif', 'junit', 'github', 'markdown', 'html']) {
    test(`--format ${format} names the control`, async () => {
      const { code, out } = await check('--format', format, file('web.yaml', pod()));
      assert.equal(code, 1);
      assert.match(out, /read-only-root-filesystem/);
    });
  }

  test('unknown formats are refused with what there is', async () => {
    const { code, err } = await check('--format', 'xml', file('web.yaml', pod()));
    assert.equal(code, 2);
    assert.match(err, /Allowed choices are text, json/);
  });
});

for (const [args, message] of [
  [[], /nothing to check/],
  [['--context', 'c', 'web.yaml'], /--context is for a cluster/],
  [['--cluster', 'web.yaml'], /--cluster and paths do not go together/],
  [['--cluster', '--diff-from', 'HEAD'], /--cluster and --diff-from/],
  [['--cluster', '--kubeconfig', join(folder, 'no-kubeconfig')], /no-kubeconfig/],
] as const) {
  test(`refused: check ${args.join(' ').replace(folder, '')}`, async () => {
    const { code, out, err } = await check(...args);
    assert.deepEqual([code, out], [2, '']);
    assert.match(err, message);
    assert.match(err, /\n {2}hint: /);
  });
}

test('Ctrl-C while standard input is waited for: exit code 130, and no half report', async () => {
  const output = join(folder, 'interrupted', 'report.txt');
  const entry = new URL('../../src/cli/petrify.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [entry, 'check', '--no-config', '--output', output, '-']);
  const ended = once(child, 'close');
  child.stdin.write(`${pod()}---\n`);
  while (!existsSync(join(folder, 'interrupted'))) await sleep(20);
  await sleep(200);
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  assert.deepEqual(readdirSync(join(folder, 'interrupted')), []);
});
