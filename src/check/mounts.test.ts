/** Mounted configuration is found wherever it stands, and reported as if its document had been kept. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LATEST } from '../controls/kubernetes-version.ts';
import type { ManifestText } from '../manifest/document.ts';
import { documentFromValue, readDocuments } from '../manifest/read.ts';
import { FORMATS, type FormatName } from '../report/format.ts';
import { excerptOf, lineAround, spanAt } from '../report/span.ts';
import type { Source } from '../source/source.ts';
import { findObjects } from '../workload/objects.ts';
import { check } from './check.ts';
import { alone, crewFor } from './crew.ts';
import { judgeTexts } from './judge-text.ts';
import { Mounts, mountsOf } from './mounts.ts';
import { benchOf, type Order } from './order.ts';
import { said } from './said.ts';

const orderFor = (level: 'standard' | 'strict', format: FormatName = 'json'): Order => ({
  rules: {
    level,
    failOn: 'finding',
    target: LATEST,
    today: '2026-01-01',
    off: new Set(),
    exceptions: [],
    known: undefined,
  },
  images: new Map(),
  format,
  colour: false,
  version: '1',
});

const pod = (name: string, volume: string, namespace?: string) => `apiVersion: v1
kind: Pod
metadata: {name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`}}
spec:
  containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]
  volumes: [{name: v, ${volume}}]
`;
const object = (kind: string, name: string, more = '', namespace?: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}${namespace === undefined ? '' : `, namespace: ${namespace}`}}\n${more}data: {a: b}\n`;

async function* streamed(texts: readonly string[]): Source {
  for (const [index, text] of texts.entries()) {
    const item: { text: ManifestText } = { text: { file: `f${index}`, text } };
    yield item;
  }
}

/** `Kind name: message` of every object that is reported. */
async function reported(texts: readonly string[], level: 'standard' | 'strict' = 'strict', workers = 0) {
  const order = orderFor(level);
  const bench = await benchOf(order);
  let report = '';
  const print = (text: string) => {
    report += text;
  };
  const crew = workers > 0 ? crewFor(order, bench, { workers, startAfter: 0 }) : alone(bench);
  const { tally } = await check(streamed(texts), bench, print, crew);
  const { objects } = JSON.parse(report) as {
    objects: { kind: string; name: string; source: { file: string }; findings: { message: string; line: number }[] }[];
  };
  return {
    tally,
    said: objects.map(({ kind, name, source, findings }) => {
      const by = /Mounted by (.*?), which/.exec(findings[0]!.message)?.[1];
      return `${source.file}:${findings[0]!.line} ${kind} ${name}: ${by}`;
    }),
  };
}

describe('mounted configuration', () => {
  test('is found before and behind the workload, in its own file or another', async () => {
    const map = object('ConfigMap', 'c');
    const web = pod('web', 'configMap: {name: c}');
    assert.deepEqual((await reported([`${map}---\n${web}`])).said, ['f0:1 ConfigMap c: Pod web']);
    assert.deepEqual((await reported([`${web}---\n${map}`])).said, ['f0:8 ConfigMap c: Pod web']);
    assert.deepEqual((await reported([map, web])).said, ['f0:1 ConfigMap c: Pod web']);
    assert.deepEqual((await reported([web, map])).said, ['f1:1 ConfigMap c: Pod web']);
    const more = await reported([web, map, pod('other', 'projected: {sources: [{configMap: {name: c}}]}')]);
    assert.deepEqual(more.said, ['f1:1 ConfigMap c: Pod web and 1 more']);
    assert.equal(more.tally.objects, 1);
  });

  test('is found by cores that each see a part', async () => {
    const padding = `# ${'x'.repeat(300_000)}\n`;
    const texts = Array.from({ length: 8 }, (_, index) =>
      index % 2 === 0
        ? `${padding}${object('Secret', `s${index}`)}`
        : `${padding}${pod(`p${index}`, `secret: {secretName: s${index - 1}}`)}`,
    );
    const expected = [0, 2, 4, 6].map((index) => `f${index}:2 Secret s${index}: Pod p${index + 1}`);
    for (const workers of [0, 1, 2]) assert.deepEqual((await reported(texts, 'strict', workers)).said, expected);
  });

  test('is of its namespace, its kind and its name; an absent namespace is `default`', async () => {
    const maps = [object('ConfigMap', 'c'), object('ConfigMap', 'c', '', 'shop'), object('Secret', 'c')].join('---\n');
    const in_ = async (volume: string, namespace?: string) =>
      (await reported([maps, pod('w', volume, namespace)])).said;
    assert.deepEqual(await in_('configMap: {name: c}'), ['f0:1 ConfigMap c: Pod w']);
    assert.deepEqual(await in_('configMap: {name: c}', 'default'), ['f0:1 ConfigMap c: Pod default/w']);
    assert.deepEqual(await in_('configMap: {name: c}', 'shop'), ['f0:6 ConfigMap c: Pod shop/w']);
    assert.deepEqual(await in_('secret: {secretName: c}'), ['f0:11 Secret c: Pod w']);
    assert.deepEqual(await in_('configMap: {name: d}'), []);
  });

  test('is nothing at a level that does not ask, where it is immutable, and where it is excepted', async () => {
    const web = pod('web', 'configMap: {name: c}');
    assert.deepEqual((await reported([object('ConfigMap', 'c'), web], 'standard')).said, []);
    const immutable = await reported([object('ConfigMap', 'c', 'immutable: true\n'), web]);
    assert.deepEqual(immutable.said, []);
    assert.equal(immutable.tally.objects, 1);
    const excepted = `apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: c, annotations: {petrify.dev/ignore.mutable-configuration: it is reloaded on purpose}}
`;
    const { tally } = await reported([excepted, web]);
    assert.equal(tally.excepted, 1);
  });
});

test('an object that was held is printed as one that was not, in every format', async () => {
  const text = `# first
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: c, annotations: {petrify.dev/ignore.other: why}}
    immutable: false # so that ${'it '.repeat(300)}
    data: {a: b}
`;
  const { documents } = readDocuments({ file: 'a.yaml', text });
  const [found] = findObjects(documents[0]!, new Set(['ConfigMap']));
  for (const format of FORMATS) {
    const bench = await benchOf(orderFor('strict', format));
    const { held } = judgeTexts([{ file: 'a.yaml', text }], bench);
    assert.equal(held.length, 1, format);
    const mounts = new Mounts();
    mounts.note([{ key: '["ConfigMap","default","c"]', by: 'Pod w', file: 'b' }], structuredClone(held));
    const [judged] = [...mounts.judged(bench)];
    assert.equal(judged!.findings.length, 1);
    const counts = (one: typeof judged, findings = one!.findings) =>
      bench.format.object({ ...one!, findings: findings.map((f) => ({ ...f, standing: { kind: 'counts' } })) });
    const { offset: _, ...place } = judged!.findings[0]!.position;
    assert.ok(place.line > 1);
    const own = held[0]!.findings.map(({ finding }, index) => ({ ...finding, args: judged!.findings[index]!.args }));
    assert.equal(counts(judged), counts({ object: found!, findings: own }), format);
  }
});

test('the line that is kept gives the excerpt of the whole text', () => {
  const words = fc.array(fc.constantFrom('a', 'bc', '\n', '\r\n', ' ', 'x'.repeat(90), '…', 'é'), { maxLength: 30 });
  fc.assert(
    fc.property(words, words, fc.integer({ min: 10, max: 100 }), (before, after, width) => {
      const comment = before.join(' ').replace(/[\r\n]+/g, '\n# ');
      const text = `# ${comment}\nmark: {v: ${JSON.stringify(after.join(''))}} # ${'y'.repeat(500)}\n`;
      const { documents } = readDocuments({ file: 'a', text });
      const offset = text.lastIndexOf('\nmark') + 1;
      const { line, ...span } = lineAround(documents[0]!, offset);
      assert.deepEqual(excerptOf(line, span, width), excerptOf(text, spanAt(documents[0]!, offset), width));
    }),
  );
});

test('who mounts what is forgotten where it grows without bound, and that is said', () => {
  const mounts = new Mounts();
  const by = 'x'.repeat(1024 * 1024);
  for (let index = 0; index < 40; index++) mounts.note([{ key: `${index}`, by, file: `f${index}` }], []);
  const [notice, ...others] = mounts.notices();
  assert.match(notice!.message, /more is mounted than can be remembered/);
  assert.equal(notice!.file, 'f31');
  assert.deepEqual(others, []);
});

test('a workload mounts an object once, under the name that findings give', () => {
  const document = documentFromValue('a', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
  });
  const container = { mounts: [1, 2].map(() => ({ volumeKind: 'configMap', volume: { configMap: { name: 'c' } } })) };
  const workload = {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    containers: [container],
    source: { file: 'a' },
  };
  assert.deepEqual(mountsOf({ ...workload, document } as never), [
    { key: '["ConfigMap","shop","c"]', by: 'Deployment shop/web', file: 'a' },
  ]);
});

test('more than a reader reads is counted at the place of the first that is left out', () => {
  const all = said<{ file: string; line: number; message: string; hint?: string }>((count) => `${count} more`);
  for (let line = 0; line < 5000; line++) all.add({ file: 'a', line, message: 'm', hint: 'h' });
  const entries = all.all();
  assert.equal(entries.length, 1001);
  assert.deepEqual(entries.at(-1), { file: 'a', line: 1000, message: 'and 4000 more, from here on' });
});
