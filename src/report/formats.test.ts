/** Every format of `check` held to a real parser of it, whatever strangers wrote into names, files, images and reasons. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { FORMATS, type FormatName } from './format.ts';
import {
  assertSarif,
  command,
  commandsIn,
  htmlPage,
  RAW,
  TRAPS,
  textOf,
  words,
  xmlElements,
} from './parsers.fixture.ts';
import { hostilePod, reportOf } from './result.fixture.ts';
import { uncommanded, visible } from './visible.ts';

const fixtureText = await readFile(new URL('fixtures/check.yaml', import.meta.url), 'utf8');
const fixture = { file: 'shop.yaml', text: fixtureText };
const unreadable = [{ file: 'a b/ü.yaml', line: 3, column: 2, message: 'is broken', hint: 'mend it' }];
const notices = [{ file: 'chart', message: 'is passed over' }];

interface SarifResult {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly locations: readonly {
    readonly physicalLocation: {
      readonly artifactLocation: { readonly uri: string };
      readonly region?: { readonly startLine: number; readonly startColumn: number; readonly endColumn: number };
    };
    readonly logicalLocations: readonly { readonly name: string; readonly fullyQualifiedName: string }[];
  }[];
  readonly partialFingerprints: Readonly<Record<string, string>>;
  readonly suppressions?: readonly { readonly kind: string; readonly justification: string }[];
}

async function sarifOf(texts: Parameters<typeof reportOf>[1], said: Parameters<typeof reportOf>[2] = {}) {
  const log: { runs: readonly unknown[] } = JSON.parse(await reportOf('sarif', texts, said));
  assertSarif(log);
  return log.runs[0] as {
    readonly results: readonly SarifResult[];
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly invocations: readonly {
      readonly executionSuccessful: boolean;
      readonly toolExecutionNotifications: readonly unknown[];
    }[];
  };
}

/** Checks one report against a parser of its format, and that what was judged can be read back. */
const held: Readonly<Record<FormatName, (report: string, name: string) => void>> = {
  text: (report, name) => {
    assert.deepEqual(commandsIn(report), []);
    assert.ok(report.includes(uncommanded(visible(`Pod ${name}/${name}`))));
  },
  json: (report, name) => {
    assert.deepEqual(commandsIn(report), []);
    const { workloads } = JSON.parse(report);
    assert.deepEqual(
      [workloads[0].name, workloads[0].source.file, workloads[0].containers[0].image],
      [name, name, name],
    );
  },
  sarif: (report, name) => {
    assert.deepEqual(commandsIn(report), []);
    const log: { runs: { results: SarifResult[] }[] } = JSON.parse(report);
    assertSarif(log);
    const result = log.runs[0]!.results.find((one) => one.suppressions !== undefined)!;
    assert.equal(result.suppressions![0]!.justification, `because ${name}`.trim());
    const { uri } = result.locations[0]!.physicalLocation.artifactLocation;
    assert.match(uri, /^[\w.~!*'()%/-]+$/);
    if (!/^\.*\/|\\/.test(name)) assert.equal(decodeURIComponent(uri), name.toWellFormed());
  },
  junit: (report, name) => {
    assert.deepEqual(commandsIn(report), []);
    const elements = xmlElements(report);
    const shown = visible(name).replace(/[\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
    assert.ok(elements.some(({ attributes }) => attributes.name === `Pod ${shown}/${shown}`));
    const cases = elements.filter((element) => element.name === 'testcase');
    assert.equal(Number(elements.find((element) => element.name === 'testsuite')!.attributes.tests), cases.length);
    assert.equal(cases.length, 3);
  },
  github: (report, name) => {
    for (const line of report.trimEnd().split('\n').slice(0, -1)) {
      const { type, properties, data } = command(line);
      assert.match(type, /^(error|warning|notice)$/);
      assert.deepEqual(Object.keys(properties), ['file', 'line', 'col', 'endLine', 'endColumn', 'title']);
      assert.doesNotMatch(data, /[\r\n]/);
      const file = properties
        .file!.replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
        .replaceAll('%0D', '\r')
        .replaceAll('%0A', '\n')
        .replaceAll('%25', '%');
      assert.equal(file, visible(name));
    }
    assert.deepEqual(commandsIn(report.trimEnd().split('\n').at(-1)!), []);
  },
  markdown: (report, name) => {
    assert.deepEqual(commandsIn(report), []);
    const tokens = new MarkdownIt({ html: true, linkify: true }).parse(report, {});
    const rows = tokens.filter(({ type }) => type === 'tr_open').length;
    const cells = tokens.filter(({ type }) => type === 'td_open').length;
    // What is too long for a summary is counted and left out: only the first table is there then.
    const leftOut = /…and 1 more workloads or objects with findings/.test(report);
    assert.equal(cells, 4 * 4 + (leftOut ? 0 : rows - 4 - 2) * 3, 'no name adds a column or a row');
    const pipes = report.split('\n').filter((line) => line.startsWith('|'));
    assert.deepEqual(
      pipes.map((line) => line.split('|').length - 2),
      pipes.map((_, index) => (index < 6 ? 4 : 3)),
    );
    const inline = tokens.flatMap(({ children }) => children ?? []);
    assert.ok(!inline.some(({ type }) => ['link_open', 'image'].includes(type)), 'no name makes a link');
    const raw = inline.filter(({ type }) => type === 'html_inline').map(({ content }) => content);
    assert.deepEqual(
      raw.filter((tag) => !['<code>', '</code>', '<span>', '</span>', '<br>'].includes(tag)),
      [],
    );
    assert.ok(!tokens.some(({ type }) => type === 'html_block'));
    const text = inline.filter(({ type }) => type === 'text' || type === 'text_special').map(({ content }) => content);
    assert.ok(!text.some((part) => /@\w/.test(part)), 'no name mentions anybody');
    if (leftOut) return;
    assert.ok(text.join('').includes(`Pod ${visible(name)}/${visible(name)}`.trim().slice(0, 60)));
  },
  html: (report, name) => {
    assert.deepEqual(commandsIn(report), []);
    const elements = htmlPage(report);
    for (const { tagName, attrs } of elements) {
      assert.ok(HTML_TAGS.has(tagName), tagName);
      for (const attribute of attrs) assert.ok(HTML_ATTRIBUTES.has(attribute.name), attribute.name);
    }
    assert.equal(elements.filter(({ tagName }) => tagName === 'script').length, 1);
    const title = elements.find(({ tagName }) => tagName === 'h2')!;
    assert.ok(textOf(title).startsWith(`Pod ${visible(name)}/${visible(name)} `), textOf(title).slice(0, 100));
  },
};
const HTML_TAGS = new Set(
  'html head meta title style body header h1 p form fieldset legend label input select option main article h2 span section h3 div code mark ul li b a dl dt dd footer script'.split(
    ' ',
  ),
);
const HTML_ATTRIBUTES = new Set(
  'lang charset http-equiv content name id role aria-label hidden type value checked autocomplete placeholder data-v data-n data-c class href'.split(
    ' ',
  ),
);

for (const name of FORMATS) {
  test(`${name}: strangers' words come out harmless, and what was judged can be read back`, async () => {
    for (const each of TRAPS) {
      const report = await reportOf(name, [hostilePod(`n${each}`)]);
      assert.doesNotMatch(report, RAW);
      held[name](report, `n${each}`);
    }
    await fc.assert(
      fc.asyncProperty(words, async (all) => {
        const report = await reportOf(name, [hostilePod(all)]);
        assert.doesNotMatch(report, RAW);
        held[name](report, all);
      }),
      { numRuns: 30 },
    );
  });
}

test('markdown: a workload that is too long for a summary is counted, not cut', async () => {
  const name = `n${'x'.repeat(20_000)}`;
  held.markdown(await reportOf('markdown', [hostilePod(name)]), name);
});

test('sarif: the published schema agrees, every result names its rule, its place and its container', async () => {
  const run = await sarifOf([fixture], { unreadable, notices });
  assert.deepEqual(run.results.length, 5);
  for (const { ruleId, ruleIndex } of run.results) assert.equal(run.tool.driver.rules[ruleIndex]!.id, ruleId);
  const [first] = run.results;
  assert.deepEqual(first!.locations[0]!.physicalLocation, {
    artifactLocation: { uri: 'shop.yaml' },
    region: { startLine: 13, startColumn: 11, endColumn: 21 },
  });
  assert.equal(first!.locations[0]!.logicalLocations[0]!.fullyQualifiedName, 'shop/Deployment/web/seed');
  assert.equal(run.invocations[0]!.executionSuccessful, false);
  assert.equal(run.invocations[0]!.toolExecutionNotifications.length, 5);
  const nothing = { ...fixture, text: 'kind: ConfigMap' };
  assert.equal((await sarifOf([nothing], { unreadable })).results.length, 0);
});

test('sarif: a fingerprint stays when lines move, and tells containers and controls apart', async () => {
  const prints = (results: readonly SarifResult[]) => results.map((one) => one.partialFingerprints['petrify/v1']);
  const before = prints((await sarifOf([fixture])).results);
  const moved = prints((await sarifOf([{ ...fixture, text: `# a\n# b\n---\n${fixtureText}` }])).results);
  assert.deepEqual(moved, before);
  assert.equal(new Set(before).size, before.length);
});

test('sarif: what Helm rendered points at its template, without a line that is in no file', async () => {
  const text = {
    ...hostilePod('web'),
    file: 'chart/templates/web.yaml',
    rendered: { by: 'helm' as const, from: 'chart' },
  };
  for (const { locations, partialFingerprints } of (await sarifOf([text])).results) {
    assert.deepEqual(locations[0]!.physicalLocation, { artifactLocation: { uri: 'chart/templates/web.yaml' } });
    assert.equal(partialFingerprints.primaryLocationLineHash, partialFingerprints['petrify/v1']);
  }
  assert.doesNotMatch(await reportOf('github', [text]), /line=/);
  assert.doesNotMatch(await reportOf('text', [text]), /web\.yaml:\d/);
});

test('github: an accepted finding is no annotation, and findings of one place and kind are one', async () => {
  const report = await reportOf('github', [hostilePod('web')]);
  assert.doesNotMatch(report, /drop-all-capabilities/);
  const places = report.split('\n').filter((line) => line.startsWith('::'));
  const keys = places.map((line) => line.replace(/,title=.*/, ''));
  assert.equal(new Set(keys).size, keys.length);
  const ranks = keys.map((key) => ['::error', '::warning', '::notice'].indexOf(key.split(' ')[0]!));
  assert.deepEqual(ranks, ranks.toSorted(), 'the worst of a workload comes first');
  assert.ok(new Set(ranks).size > 1);
});

test('junit: what could not be read is an error, what was passed over is skipped', async () => {
  const elements = xmlElements(await reportOf('junit', [fixture], { unreadable, notices }));
  const last = elements.filter(({ name }) => name === 'testsuite').at(-1)!;
  assert.deepEqual([last.attributes.errors, last.attributes.skipped, last.attributes.tests], ['3', '2', '5']);
  const failure = elements.find(({ name }) => name === 'failure')!;
  assert.equal(failure.attributes.message, 'mutable: root filesystem is writable and 2 more findings');
  assert.match(failure.text, /at shop\.yaml:13:11/);
});

test('markdown: never outgrows the summary of a job, and says how much it left out', async () => {
  const many = Array.from({ length: 400 }, (_, index) => ({ ...fixture, file: `${index}-中.yaml` }));
  const report = await reportOf('markdown', many);
  assert.ok(Buffer.byteLength(report) < 1024 * 1024, `${Buffer.byteLength(report)}`);
  assert.match(report, /and \d+ more workloads or objects/);
});

test('text: a line longer than any screen is cut around what it is about', async () => {
  const name = 'x'.repeat(5_000);
  const text = JSON.stringify({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name },
    spec: { containers: [{ name: 'c' }] },
  });
  const report = await reportOf('text', [{ file: 'p.json', text }]);
  const excerpt = report.split('\n').filter((line) => line.includes('│'));
  assert.match(excerpt[0]!, /│ …xxx.*"name":"c"/);
  for (const line of excerpt) assert.ok(line.length <= 96, line);
  assert.equal(excerpt[1]!.indexOf('^'), excerpt[0]!.indexOf('"name":"c"'));
});
