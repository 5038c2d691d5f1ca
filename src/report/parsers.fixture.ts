/** For tests: what strangers may write into a report, and a real parser of each format to hold a report to. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { type DefaultTreeAdapterTypes as Html, parse } from 'parse5';
import { SaxesParser } from 'saxes';

/** What has hurt terminals, browsers, build servers and parsers before. */
export const TRAPS = [
  '\u001b[31mred\u001b[0m',
  '\u009b2J',
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</script></style></textarea><!--',
  ']]>',
  '&lt;&#60;',
  '::set-output name=a::b',
  '\n::warning::hello',
  '\r\n::error::hello',
  '::stop-commands::x',
  'x ##[error]oops',
  '##vso[task.complete]',
  "##teamcity[message text='x']",
  '\u0000\u0001\u0008\u000b\u001f\u007f',
  '\ufffe\uffff',
  '\ud800',
  '\udc00x',
  '\u202e\u2066',
  '| a | b |',
  '`x` ``y`` ```',
  '[link](javascript:alert(1))',
  '![i](http://evil.example/x)',
  'www.evil.example http://evil.example me@evil.example',
  '@somebody #1',
  '\\| \\` \\',
  '%0A::error::x %25',
  ', = : ;',
  '{{ x }}',
  '中文 🪨 \tе́',
  'x'.repeat(10_000),
];
const trap = fc.oneof(fc.constantFrom(...TRAPS), fc.string({ unit: 'binary', maxLength: 40 }));
export const words = fc.array(trap, { minLength: 1, maxLength: 4 }).map((all) => `n${all.join('')}`);

/** What no report may hold raw: controls but line feeds, separators, marks that reorder, lone surrogates. */
export const RAW =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Lines that the runner of GitHub Actions, or another build server, obeys; `##[` anywhere in a line it did not. */
export function commandsIn(report: string): string[] {
  return report.split('\n').filter((line) => /^\s*::/.test(line) || /##\w*\[/.test(line));
}

/** As the runner reads a command: up to the next `::` its name and properties, then its data. */
export function command(line: string): { type: string; properties: Record<string, string>; data: string } {
  const end = line.indexOf('::', 2);
  assert.ok(line.startsWith('::') && end > 0, line);
  const [type = '', ...rest] = line.slice(2, end).split(' ');
  const pairs = rest.join(' ').split(',');
  const properties = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
  return { type, properties, data: line.slice(end + 2) };
}

interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

export function xmlElements(xml: string): XmlElement[] {
  const parser = new SaxesParser();
  const elements: XmlElement[] = [];
  const open: XmlElement[] = [];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: '' };
    elements.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    const last = open.at(-1);
    if (last) last.text += text;
  });
  parser.on('closetag', () => open.pop());
  parser.write(xml).close();
  return elements;
}

function* htmlElements(node: Html.ParentNode): Generator<Html.Element> {
  for (const child of node.childNodes) {
    if ('tagName' in child) yield child;
    if ('childNodes' in child) yield* htmlElements(child);
  }
}

export const textOf = (node: Html.ParentNode): string =>
  node.childNodes
    .map((child) => ('value' in child ? child.value : 'childNodes' in child ? textOf(child) : ''))
    .join('');

const sarifSchema = JSON.parse(
  await readFile(new URL(import.meta.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')), 'utf8'),
) as Record<string, unknown>;
/** The published schema names a draft and an address that the validator has no use for. */
const { $schema: _draft, id: _address, ...sarifRules } = sarifSchema;
const validSarif = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(sarifRules);

export const assertSarif = (log: unknown): void =>
  assert.ok(validSarif(log), JSON.stringify(validSarif.errors?.slice(0, 3)));

/** The elements of a page that is well-formed; a noncharacter is a defect of the text, not of the page. */
export function htmlPage(page: string): readonly Html.Element[] {
  const errors: string[] = [];
  const root = parse(page, { onParseError: ({ code }) => errors.push(code) });
  assert.deepEqual(
    errors.filter((code) => code !== 'noncharacter-in-input-stream'),
    [],
  );
  return [...htmlElements(root)];
}
