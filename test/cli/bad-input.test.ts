/** Bad input: one clear sentence with place and hint, the rest still judged, nothing lost. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { DEPLOYMENT, deploymentText } from '../example.ts';
import { petrify } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-input-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const BROKEN = 'apiVersion: v1\nkind: Pod\nmetadata: {name: a\nspec: x\n';
const TEMPLATE =
  'apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\nspec:\n  containers:\n  - {name: a, image: b}\n';

/** Each level repeats the one before nine times: 9^9 values in 600 bytes. */
const BOMB = [...'abcdefghi']
  .map(
    (key, level, keys) =>
      `${key}: &${key} [${Array(9)
        .fill(level === 0 ? 'x' : `*${keys[level - 1]}`)
        .join(', ')}]\n`,
  )
  .join('');

const cases: readonly { name: string; text: string; line: number; message: RegExp; hint?: RegExp }[] = [
  { name: 'a broken document', text: BROKEN, line: 4, message: /not valid YAML/ },
  { name: 'an empty file', text: '', line: 1, message: /holds no document/ },
  { name: 'a bomb of aliases', text: BOMB, line: 6, message: /aliases expand to more than/ },
  {
    name: 'a line break that only Kubernetes sees',
    text: 'apiVersion: v1\nkind: ConfigMap\n# a\u2028kind: Pod\n',
    line: 3,
    message: /U\+2028/,
    hint: /double quotes/,
  },
  {
    name: 'a marker that only kubectl sees',
    text: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---#x: |\n  kind: Pod\n',
    line: 4,
    message: /begins with --- and goes on/,
    hint: /alone on its line/,
  },
  {
    name: 'a key twice beside braces',
    text: 'apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    a: >-\n      b {{\n    a: c\n',
    line: 7,
    message: /a/,
  },
  {
    name: 'braces in a text beside what only another parser reads',
    text: 'apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    a: &a:b {{\nspec: {}\n',
    line: 6,
    message: /not valid YAML|anchor/,
  },
  { name: 'a key twice', text: 'kind: Pod\nkind: Pod\n', line: 2, message: /kind/ },
];

describe('check', () => {
  for (const { name, text, line, message, hint } of cases) {
    test(`${name} is reported with its line, and its neighbours are judged`, async () => {
      const bad = file('bad.yaml', text);
      const good = file('good.yaml', deploymentText);
      const { code, out } = await petrify(['check', '--format', 'json', bad, good]);
      const result = JSON.parse(out);
      assert.equal(code, 2);
      assert.equal(result.workloads.length, 1);
      assert.equal(result.unreadable.length, 1);
      assert.equal(result.unreadable[0].file, bad);
      assert.equal(result.unreadable[0].line, line);
      assert.match(result.unreadable[0].message, message);
      if (hint) assert.match(result.unreadable[0].hint, hint);
    });
  }

  test('whatever has items is a list, whatever its kind', async () => {
    const pod = '{apiVersion: v1, kind: Pod, metadata: {name: evil}, spec: {containers: [{name: c, image: i}]}}';
    const list = file('service.yaml', `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nitems:\n- ${pod}\n`);
    const { code, out } = await petrify(['check', '--format', 'json', list]);
    assert.deepEqual([code, JSON.parse(out).workloads.map(({ name }: { name: string }) => name)], [1, ['evil']]);
  });

  test('so are the roles of whatever has items', async () => {
    const rules = "[{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]";
    const role = `{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: all}, rules: ${rules}}`;
    const list = file(
      'thing.yaml',
      `apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nitems:\n- ${role}\n`,
    );
    const { code, out } = await petrify(['check', '--format', 'json', list]);
    assert.deepEqual([code, JSON.parse(out).objects.map(({ name }: { name: string }) => name)], [1, ['all']]);
  });

  test('a template is passed over with a notice, and its neighbours are judged', async () => {
    const template = file('template.yaml', TEMPLATE);
    const good = file('good.yaml', deploymentText);
    const { code, out } = await petrify(['check', '--format', 'json', template, good]);
    const { workloads, unreadable, notices } = JSON.parse(out);
    assert.deepEqual([code, workloads.length, unreadable], [1, 1, []]);
    assert.deepEqual([notices.length, notices[0].file, notices[0].line], [1, template, 4]);
    assert.match(notices[0].message, /template/);
  });

  test('a broken document in a stream does not hide the others', async () => {
    const { code, out } = await petrify(['check', '--format', 'json', '-'], {
      stdin: `${BROKEN}---\n${deploymentText}`,
    });
    const result = JSON.parse(out);
    assert.equal(code, 2);
    assert.deepEqual([result.workloads.length, result.unreadable.length], [1, 1]);
    assert.equal(result.workloads[0].source.line, 7);
  });

  test('an unknown kind alone is said by its name', async () => {
    const path = file('unknown.yaml', 'apiVersion: example.com/v1\nkind: Frobnicator\nmetadata: {name: x}\n');
    const { code, err } = await petrify(['check', path]);
    assert.equal(code, 2);
    assert.match(err, /unknown\.yaml: nothing in it makes pods\. It holds Frobnicator\.\n {2}hint: /);
  });

  test('a file that is not there is named', async () => {
    const { code, out } = await petrify(['check', join(folder, 'nope.yaml')]);
    assert.equal(code, 2);
    assert.match(out, /nope\.yaml.*\n.*no such file/);
  });

  test('names from strangers cannot move the cursor or forge lines', async () => {
    const evil = 'a\\e[2Jb\\nDeployment fine  immutable';
    const path = file(
      'evil.yaml',
      `apiVersion: v1\nkind: Pod\nmetadata: {name: "${evil}"}\nspec: {containers: [{name: c, image: d}]}\n`,
    );
    const { out } = await petrify(['check', path]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly these must not be printed
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f]/);
    assert.doesNotMatch(out, /^Deployment fine/m);
  });
});

describe('the command line', () => {
  const wrong: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['a command that is misspelt', ['chekc'], /Did you mean check/],
    ['no argument', ['check'], /nothing to check/],
    ['a format that is not there', ['check', '--format', 'xml', 'a'], /Allowed choices are text, json/],
    [
      'an engine that is not there',
      ['harden', '--engine', 'rkt', 'a'],
      /Allowed choices are auto, docker, podman, kubernetes, none/,
    ],
    ['two places to write to', ['harden', '--write', '--output', 'x', 'a'], /cannot be used with/],
    ['an unknown control', ['explain', 'nope'], /no control nope, and no attack/],
    ['a proof without an engine', ['prove', '--engine', 'none', 'a'], /needs an engine/],
    ['a profile that is not there', ['prove', '--profile', 'nowhere.yaml', DEPLOYMENT], /nowhere.yaml: no such file/],
    ['standard input in place', ['harden', '--write', '-'], /cannot write to standard input/],
  ];
  for (const [name, args, message] of wrong) {
    test(`${name} is answered with exit code 2 and a hint`, async () => {
      const { code, err } = await petrify(args);
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }

  test('without an engine harden and observe say what was tried', async () => {
    for (const command of ['harden', 'observe', 'prove']) {
      const path = file('web.yaml', deploymentText);
      const { code, err } = await petrify([command, path], { env: { DOCKER_HOST: 'unix:///nowhere.sock' } });
      assert.equal(code, 2);
      assert.match(err, /No container engine answers\. Tried unix:\/\/\/nowhere\.sock/);
      assert.match(err, /hint: /);
    }
  });
});

describe('without an engine', () => {
  test('harden plans from the catalogue and says that nothing was run', async () => {
    const path = file('web.yaml', deploymentText);
    const { code, out, err } = await petrify(['harden', '--engine', 'none', path]);
    assert.equal(code, 0);
    assert.match(err, /nothing was run and nothing is proven/);
    assert.match(out, /^\+ +readOnlyRootFilesystem: true$/m);
    assert.match(out, /^\+ +mountPath: \/var\/cache\/nginx$/m);
    assert.equal(readFileSync(path, 'utf8'), deploymentText, 'the diff alone writes nothing');
  });

  test('an image that the catalogue does not know is left as it is', async () => {
    const path = file('odd.yaml', deploymentText.replace('petrify/nginx:1', 'petrify/nobody-knows:1'));
    const { code, out, err } = await petrify(['harden', '--engine', 'none', path]);
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(err, /catalogue does not know the image localhost\/petrify\/nobody-knows:1/);
  });
});
