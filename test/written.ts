/** Any document in any style, for the laws of `src/manifest`: a writer of its own, so that ours is not its own judge. */
import fc from 'fast-check';

/** How a document is written. */
export interface WrittenStyle {
  readonly unit: 2 | 4;
  /** Lists stand deeper than their key. */
  readonly indentLists: boolean;
  /** From this depth on, flow style. */
  readonly flowFrom: number;
  readonly comments: boolean;
  readonly missing: '' | 'null' | '~';
  readonly eol: '\n' | '\r\n';
  readonly finalEol: boolean;
  readonly marker: boolean;
}

const word = fc.constantFrom(
  'app',
  'name',
  'image',
  'spec',
  'a',
  'yes',
  'n',
  '0644',
  '1e3',
  'x y',
  'a.b/c',
  'é😀',
  '',
  ' # no',
  'a: b',
  "it's",
  '{{ x }}',
  '- d',
  '*p',
  '<<',
  'null',
  '__proto__',
  '12',
);
const text = fc.oneof(word, word, fc.constantFrom('one\ntwo\n', 'deep\n  er\n', 'x\n'));
const number = fc.oneof(fc.integer({ min: -1000, max: 100_000 }), fc.constantFrom(0.5, 1e21));

export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    { weight: 4, arbitrary: fc.oneof(text, number, fc.boolean(), fc.constant(null)) },
    { weight: 3, arbitrary: fc.dictionary(word, tie('value'), { maxKeys: 4, noNullPrototype: true }) },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
  ),
})).value;

/** The root is a mapping with something in it, as every manifest's. */
export const anyDocument: fc.Arbitrary<Record<string, unknown>> = fc.dictionary(word, anyValue, {
  minKeys: 1,
  maxKeys: 5,
  noNullPrototype: true,
});

export const anyStyle: fc.Arbitrary<WrittenStyle> = fc.record({
  unit: fc.constantFrom(2, 4),
  indentLists: fc.boolean(),
  flowFrom: fc.constantFrom(0, 2, 3, 9, 9, 9),
  comments: fc.boolean(),
  missing: fc.constantFrom('', 'null', '~'),
  eol: fc.constantFrom('\n', '\r\n'),
  finalEol: fc.boolean(),
  marker: fc.boolean(),
});

/** The text of a value in a style. */
export function write(value: Record<string, unknown>, style: WrittenStyle): string {
  const lines = [...(style.marker ? ['---'] : []), ...block(value, 0, 0, style)];
  return (
    lines.join('\n').replaceAll('\n', style.eol) + (style.finalEol || lines.at(-1)!.endsWith('\n') ? style.eol : '')
  );
}

function block(value: unknown, column: number, depth: number, style: WrittenStyle): string[] {
  const margin = ' '.repeat(column);
  if (!isFull(value) || depth >= style.flowFrom) return [margin + flow(value)];
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      const [first, ...rest] = block(item, column + 2, depth + 1, style);
      return [`${margin}- ${first!.slice(column + 2)}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, field], index) => [
    ...(style.comments && index > 0 ? [`${margin}# about ${index}: {{ x }}`] : []),
    ...entry(margin + scalar(key), field, column, depth, style),
  ]);
}

function entry(key: string, value: unknown, column: number, depth: number, style: WrittenStyle): string[] {
  const comment = style.comments ? '   # why "not"' : '';
  if (value === null) return [`${key}:${style.missing && ` ${style.missing}`}${comment}`];
  if (typeof value === 'string' && /^\S[^\n]*\n(?:[^\n]*\S\n)*$/.test(value) && depth < style.flowFrom) {
    const margin = ' '.repeat(column + style.unit);
    return [
      `${key}: |${comment}`,
      ...value
        .slice(0, -1)
        .split('\n')
        .map((line) => margin + line),
    ];
  }
  if (!isFull(value) || depth + 1 >= style.flowFrom) return [`${key}: ${flow(value)}${comment}`];
  const deeper = Array.isArray(value) ? (style.indentLists ? style.unit : 0) : style.unit;
  return [`${key}:${comment}`, ...block(value, column + deeper, depth + 1, style)];
}

function flow(value: unknown): string {
  if (Array.isArray(value)) return `[ ${value.map(flow).join(',  ')} ]`;
  if (typeof value !== 'object' || value === null) return scalar(value);
  return `{${Object.entries(value)
    .map(([key, field]) => `${scalar(key)}: ${flow(field)}`)
    .join(', ')}}`;
}

function scalar(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  if (/^(?:app|name|image|spec|a)$/.test(value)) return value;
  return value.includes("'") || value.includes('\n') ? JSON.stringify(value) : `'${value}'`;
}

function isFull(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
