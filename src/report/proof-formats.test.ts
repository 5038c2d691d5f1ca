/** Every format of `prove` held to a real parser of it, whatever strangers wrote, and to what it must say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { attacks } from '../prove/attacks/index.ts';
import type { Proof } from '../prove/proof.ts';
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
import { PROVEN, proofReport } from './proof.fixture.ts';
import { renderProofReport } from './proof-format.ts';
import { renderProofText } from './proof-text.ts';
import { styleFor } from './style.ts';
import { uncommanded, visible } from './visible.ts';

const report = (name: FormatName, said: string, proofs?: readonly Proof[]) =>
  renderProofReport(name, proofReport(said, proofs), styleFor(false));

interface SarifRun {
  readonly results: readonly {
    readonly ruleId: string;
    readonly ruleIndex?: number;
    readonly level: string;
    readonly message: { readonly text: string };
    readonly locations: readonly { readonly physicalLocation: { readonly region?: object } }[];
    readonly partialFingerprints: Readonly<Record<string, string>>;
  }[];
  readonly tool: {
    readonly driver: { readonly rules: readonly { readonly id: string; readonly help: { readonly text: string } }[] };
  };
  readonly invocations: readonly { readonly executionSuccessful: boolean }[];
}

function sarifRun(text: string): SarifRun {
  const log = JSON.parse(text);
  assertSarif(log);
  return log.runs[0];
}

/** Checks one report against a parser of its format, and that what was proven can be read back. */
const held: Readonly<Record<FormatName, (text: string, name: string) => void>> = {
  text: (text, name) => {
    assert.deepEqual(commandsIn(text), []);
    assert.ok(text.includes(uncommanded(visible(`Pod ${name}/${name}, container ${name}`))));
  },
  json: (text, name) => {
    assert.deepEqual(commandsIn(text), []);
    const [proof] = JSON.parse(text).proofs;
    assert.deepEqual([proof.workload.name, proof.image.name, proof.traces[0]], [name, name, name]);
  },
  sarif: (text, name) => {
    assert.deepEqual(commandsIn(text), []);
    const { results } = sarifRun(text);
    assert.ok(results[0]!.message.text.startsWith(`Pod ${name}/${name}, container ${name}: `));
  },
  junit: (text, name) => {
    assert.deepEqual(commandsIn(text), []);
    const elements = xmlElements(text);
    const shown = visible(name).replace(/[\ufffe\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16)}`);
    const suites = elements.filter((element) => element.name === 'testsuite');
    assert.deepEqual(
      suites.map(({ attributes }) => attributes.name),
      [`Pod ${shown}/${shown}, container ${shown}`, 'Pod web, container web', 'petrify'],
    );
    const counts = suites.map(({ attributes: { tests, failures, errors, skipped } }) => [
      tests,
      failures,
      errors,
      skipped,
    ]);
    assert.deepEqual(counts, [
      ['6', '2', '1', '1'],
      ['3', '0', '0', '1'],
      ['1', '0', '1', '0'],
    ]);
    const of = (wanted: string) => elements.filter((element) => element.name === wanted).length;
    assert.deepEqual(['testcase', 'failure', 'error', 'skipped'].map(of), [10, 2, 2, 2]);
  },
  github: (text, name) => {
    const lines = text.trimEnd().split('\n');
    for (const line of lines.slice(0, -1)) {
      const { type, properties, data } = command(line);
      assert.match(type, /^(error|warning|notice)$/);
      assert.doesNotMatch(data, /[\r\n]/);
      assert.ok(properties.file !== undefined && properties.title !== undefined);
    }
    assert.equal(lines.length, 4);
    assert.match(lines.at(-1)!, /^2 containers: 1 mutable, 1 proven$/);
    assert.ok(name.length > 0);
  },
  markdown: (text, name) => {
    assert.deepEqual(commandsIn(text), []);
    const tokens = new MarkdownIt({ html: true, linkify: true }).parse(text, {});
    const pipes = text.split('\n').filter((line) => line.startsWith('|'));
    assert.deepEqual(
      pipes.map((line) => line.split('|').length - 2),
      pipes.map((_, index) => (index < 4 ? 6 : 3)),
      'no name adds a column or a row',
    );
    const inline = tokens.flatMap(({ children }) => children ?? []);
    assert.ok(!inline.some(({ type }) => ['link_open', 'image'].includes(type)), 'no name makes a link');
    const raw = inline.filter(({ type }) => type === 'html_inline').map(({ content }) => content);
    const ours = ['<code>', '</code>', '<span>', '</span>', '<br>'];
    assert.deepEqual(
      raw.filter((tag) => !ours.includes(tag)),
      [],
    );
    assert.ok(!tokens.some(({ type }) => type === 'html_block'));
    const said = inline.filter(({ type }) => type === 'text' || type === 'text_special').map(({ content }) => content);
    assert.ok(!said.some((part) => /@\w/.test(part)), 'no name mentions anybody');
    assert.ok(said.join('').includes(`Pod ${visible(name)}`.trim().slice(0, 60)));
  },
  html: (text, name) => {
    assert.deepEqual(commandsIn(text), []);
    const elements = htmlPage(text);
    for (const { tagName, attrs } of elements) {
      assert.ok(HTML_TAGS.has(tagName), tagName);
      for (const attribute of attrs) assert.ok(HTML_ATTRIBUTES.has(attribute.name), attribute.name);
    }
    const title = elements.find(({ tagName }) => tagName === 'h2')!;
    assert.ok(textOf(title).startsWith(`Pod ${visible(name)}/${visible(name)} `), textOf(title).slice(0, 100));
  },
};
const HTML_TAGS = new Set(
  (
    'html head meta title style body header h1 h2 h3 p main article section span div ul li b a dl dt dd code table caption ' +
    'thead tbody tr th td details summary footer'
  ).split(' '),
);
const HTML_ATTRIBUTES = new Set(
  'lang charset http-equiv content name id role aria-label data-v class href scope colspan tabindex'.split(' '),
);

for (const name of FORMATS) {
  test(`${name}: strangers' words come out harmless, and what was proven can be read back`, async () => {
    for (const each of TRAPS) {
      const text = await report(name, `n${each}`);
      assert.doesNotMatch(text, RAW);
      held[name](text, `n${each}`);
    }
    await fc.assert(
      fc.asyncProperty(words, async (all) => {
        const text = await report(name, all);
        assert.doesNotMatch(text, RAW);
        held[name](text, all);
      }),
      { numRuns: 30 },
    );
  });

  test(`${name}: nothing that was attacked is printed as well`, async () => {
    const text = await report(name, 'web', []);
    assert.ok(name === 'text' || name === 'json' ? text === '' : text.length > 0);
    if (name === 'sarif') assert.equal(sarifRun(text).invocations[0]!.executionSuccessful, false);
  });
}

test('sarif: one rule for each attack with its help, results for what was not blocked, at the container', async () => {
  const { results, tool } = sarifRun(await report('sarif', 'web'));
  const { rules } = tool.driver;
  assert.deepEqual(
    rules.map(({ id }) => id),
    [...attacks.map(({ id }) => id), 'not-proven'],
  );
  for (const { id, help } of rules.slice(0, -1)) {
    const { why, technique, stoppedBy } = attacks.find((attack) => attack.id === id)!;
    for (const part of [why, technique, ...stoppedBy]) assert.ok(help.text.includes(part), `${id}: ${part}`);
  }
  assert.deepEqual(
    results.map(({ ruleId, level }) => [ruleId, level]),
    [
      ['write-root', 'error'],
      ['copy-in', 'warning'],
      ['later', 'note'],
      ['not-proven', 'error'],
    ],
  );
  for (const { ruleId, ruleIndex, locations } of results) {
    assert.equal(ruleIndex === undefined ? 'later' : rules[ruleIndex]!.id, ruleId);
    assert.deepEqual(locations[0]!.physicalLocation.region, { startLine: 3, startColumn: 5, endColumn: 9 });
  }
  const prints = results.map(({ partialFingerprints }) => partialFingerprints['petrify/v1']);
  assert.equal(new Set(prints).size, prints.length);
});

test('sarif: a container that could not be attacked is no clean log', async () => {
  const dead: Proof = {
    ...PROVEN,
    verdict: 'immutable',
    attempts: [],
    reasons: ['No attack was made: it does not run.'],
  };
  const { results } = sarifRun(await report('sarif', 'web', [dead]));
  assert.deepEqual(
    results.map(({ ruleId }) => ruleId),
    ['not-proven'],
  );
  assert.match(results[0]!.message.text, /does not run/);
});

test('junit: a case for each attempt, and one that fails where no attempt says why it is not proven', async () => {
  const dead: Proof = {
    ...PROVEN,
    verdict: 'immutable',
    attempts: [],
    reasons: ['No attack was made: it does not run.'],
  };
  const elements = xmlElements(await report('junit', 'web', [dead]));
  const failure = elements.find(({ name }) => name === 'failure')!;
  assert.equal(failure.attributes.message, 'immutable: No attack was made: it does not run.');
});

test('junit: a time as its schema has it, and of each attempt what the twin shows', async () => {
  const text = await report('junit', 'web', [PROVEN]);
  const elements = xmlElements(text);
  const { attributes } = elements.find(({ name }) => name === 'testsuite')!;
  assert.equal(attributes.timestamp, '2026-11-01T12:00:00');
  assert.match(text, /the same succeeds on a twin without the controls/);
  assert.match(text, /still open: \/run \(executable\): volume run \(emptyDir\); declared in the manifest/);
});

/** One attempt that the twin shows and one that nothing shows, a trace, and a place that is not meant to be open. */
const DOUBTED: Proof = {
  ...PROVEN,
  verdict: 'immutable',
  attempts: [PROVEN.attempts[0]!, { ...PROVEN.attempts[0]!, id: 'make-device:/dev', control: 'not-run' }],
  residual: [{ ...PROVEN.residual[0]!, acceptable: false }],
  traces: ['/etc/left was made by an attack and is still there.'],
  reasons: ['/etc/left was made by an attack and is still there.'],
};

test('sarif: containers of one pod are told apart, and what could not be attacked is notified', async () => {
  const beside = { ...DOUBTED, workload: { ...DOUBTED.workload, container: 'log' } };
  const text = await report('sarif', 'web', [DOUBTED, beside]);
  const { results, invocations } = sarifRun(text);
  assert.equal(results.length, 2);
  assert.equal(new Set(results.map(({ partialFingerprints }) => partialFingerprints['petrify/v1'])).size, 2);
  const [{ toolExecutionNotifications }] = invocations as unknown as [
    { toolExecutionNotifications: readonly object[] },
  ];
  assert.deepEqual(
    toolExecutionNotifications.map((one) => (one as { message: { text: string } }).message.text),
    ['web (web)'],
  );
});

test('text: an empty line divides the containers', async () => {
  const each = renderProofText(PROVEN, styleFor(false));
  assert.equal(await report('text', 'web', [PROVEN, PROVEN]), `${each}\n${each}`);
});

test('markdown: its title says whether all is proven, and what was missed or left behind is told', async () => {
  const whole = { ...proofReport('web', [PROVEN]), problems: [] };
  assert.match(await renderProofReport('markdown', whole, styleFor(false)), /^## Petrify: every container is proven$/m);
  const missed = await report('markdown', 'web', [PROVEN]);
  assert.match(missed, /^## Petrify: not every container is proven$/m);
  assert.match(missed, /^### Could not be attacked$/m);
  const doubted = await report('markdown', 'web', [DOUBTED]);
  assert.match(doubted, /^## Petrify: not every container is proven$/m);
  assert.match(doubted, /^2 attempts blocked, 1 of which succeed on a twin/m);
  const left = { ...DOUBTED, reasons: [] };
  assert.match(await report('markdown', 'web', [left]), /^- .*\/etc\/left/m);
});

test('html: what was missed, left behind or not meant to be open is told, and each verdict is counted', async () => {
  const elements = htmlPage(await report('html', 'web', [{ ...DOUBTED, reasons: [] }, PROVEN]));
  const texts = (tag: string) => elements.filter(({ tagName }) => tagName === tag).map((each) => textOf(each));
  assert.ok(texts('h2').includes('Could not be attacked'));
  assert.ok(texts('li').some((text) => text.includes('/etc/left was made by an attack')));
  const open = texts('td').filter((text) => text.includes('volume run (emptyDir)'));
  assert.deepEqual(
    open.map((text) => text.startsWith('not acceptable ')),
    [true, false],
  );
  assert.ok(texts('p').some((text) => text.startsWith('1 of 2 blocked attempts succeed on a twin')));
  const [counts] = texts('dl');
  assert.equal(counts, 'mutable0bypassable0immutable1proven1');
});

test('github: a container that is only not proven is a warning, and what could not be attacked an error', async () => {
  const lines = (await report('github', 'web', [DOUBTED])).trimEnd().split('\n');
  assert.deepEqual(
    lines.slice(0, -1).map((line) => [command(line).type, command(line).properties.title]),
    [
      ['warning', 'Pod web%2C container web%3A immutable'],
      ['error', 'Could not be attacked'],
    ],
  );
});

test('markdown: half a character is shown even in a text that is cut, and no character is cut in half', async () => {
  const broken = await report('markdown', `\ud800${'x'.repeat(600)}`);
  assert.match(broken, /Pod &#92;ud800x/);
  assert.doesNotMatch(broken, /\ufffd/);
  const whole = await report('markdown', `${'x'.repeat(499)}😀`);
  assert.doesNotMatch(whole, /\ufffd|&#92;ud83d/);
  assert.ok(whole.includes(`${'x'.repeat(499)}…`));
});

test('markdown: never outgrows the summary of a job, and says how much it left out', async () => {
  const many = Array.from({ length: 300 }, (_, index) => ({
    ...PROVEN,
    workload: { ...PROVEN.workload, name: `web-${index}-中` },
    residual: Array.from({ length: 300 }, (_, at) => ({
      ...PROVEN.residual[0]!,
      what: `/中/${at}/${'x'.repeat(600)}`,
    })),
  }));
  const text = await report('markdown', 'web', many);
  assert.ok(Buffer.byteLength(text) < 1024 * 1024, `${Buffer.byteLength(text)}`);
  assert.match(text, /and \d+ more containers/);
});

test('html: every attempt is there by family with its errno, layer and control', async () => {
  const text = await report('html', 'web');
  const elements = htmlPage(text);
  const tables = elements.filter(({ tagName }) => tagName === 'table').map((table) => textOf(table));
  const files = tables.find((table) => table.includes('Attempts to change files'))!;
  for (const part of ['EROFS', 'read-only mount', 'the twin succeeds', 'blocked', 'succeeded']) {
    assert.ok(files.includes(part), part);
  }
  const ids = new Set(
    elements.flatMap(({ attrs }) => attrs.filter(({ name }) => name === 'id').map(({ value }) => value)),
  );
  const links = elements.flatMap(({ attrs }) => attrs.filter(({ name }) => name === 'href').map(({ value }) => value));
  for (const link of links.filter((one) => one.startsWith('#'))) assert.ok(ids.has(link.slice(1)), link);
});
