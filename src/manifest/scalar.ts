/** What a scalar means to Kubernetes, which reads YAML as go-yaml v2 does: not as YAML 1.1, not as YAML 1.2. */

export type ScalarValue = string | number | boolean | null;

/** Words with a meaning of their own, in the spellings that go-yaml knows (`yEs` is a string). */
const WORDS: ReadonlyMap<string, ScalarValue> = new Map<string, ScalarValue>([
  ...spellings(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'], true),
  ...spellings(['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'], false),
  ...spellings(['', '~', 'null', 'Null', 'NULL'], null),
  ...spellings(['.nan', '.NaN', '.NAN'], Number.NaN),
  ...spellings(['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'], Number.POSITIVE_INFINITY),
  ...spellings(['-.inf', '-.Inf', '-.INF'], Number.NEGATIVE_INFINITY),
]);

function spellings(words: readonly string[], value: ScalarValue): [string, ScalarValue][] {
  return words.map((word) => [word, value]);
}

/** Only a scalar that begins with one of these (or is empty) can be anything but a string; most end here. */
const SUSPECT: readonly boolean[] = Array.from({ length: 0x80 }, (_, code) =>
  '-+.0123456789~yYnNtTfFoO'.includes(String.fromCharCode(code)),
);
/** No word of the table is longer: `false`. */
const LONGEST_WORD = 5;
/** Go's ParseInt with base 0, once the underscores are gone: `0644` is octal. */
const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** A float that begins with its point keeps Go's own rule for underscores: between digits. */
const POINT_FLOAT = /^\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?$/;

/** A scalar without quotes and without a tag. Timestamps stay strings, as Kubernetes keeps them; `1:30` is a string. */
export function plainScalar(text: string): ScalarValue {
  const first = text.charCodeAt(0);
  if (text !== '' && SUSPECT[first] !== true) return text;
  const word = text.length > LONGEST_WORD ? undefined : WORDS.get(text);
  if (word !== undefined) return word;
  if (first === 0x2e) return POINT_FLOAT.test(text) ? finiteOr(text, text.replaceAll('_', '')) : text;
  if (first > 0x39) return text;
  const digits = text.replaceAll('_', '');
  const integer = INTEGER.exec(digits);
  if (integer) return integerOf(integer);
  return FLOAT.test(digits) ? finiteOr(text, digits) : text;
}

function integerOf([, sign, hexadecimal, binary, octal, decimal]: RegExpExecArray): number {
  const size =
    hexadecimal !== undefined
      ? Number(`0x${hexadecimal}`)
      : binary !== undefined
        ? Number(`0b${binary}`)
        : octal !== undefined
          ? Number(`0o${octal}`)
          : Number(decimal);
  return sign === '-' && size !== 0 ? -size : size;
}

/** Beyond a double's range Go's ParseFloat fails, and the scalar is a string. */
function finiteOr(text: string, digits: string): number | string {
  const value = Number(digits);
  return Number.isFinite(value) ? value + 0 : text;
}

/** What a tag makes of a scalar, or undefined where Kubernetes refuses the pair (`!!int abc`). An unknown tag leaves the text a string. */
export function taggedScalar(text: string, tag: string): ScalarValue | undefined {
  switch (shortTag(tag)) {
    case '!':
      return plainScalar(text);
    case '!!int':
      return only(text, (value) => typeof value === 'number' && isInteger(text));
    case '!!float':
      return only(text, (value) => typeof value === 'number');
    case '!!bool':
      return only(text, (value) => typeof value === 'boolean');
    case '!!null':
      return only(text, (value) => value === null);
    case '!!binary':
      return binary(text);
    default:
      return text;
  }
}

function only(text: string, fits: (value: ScalarValue) => boolean): ScalarValue | undefined {
  const value = plainScalar(text);
  return fits(value) ? value : undefined;
}

function isInteger(text: string): boolean {
  return INTEGER.test(text.replaceAll('_', ''));
}

/** Go's strict base64: padded, line breaks ignored; bytes that are no UTF-8 become U+FFFD, as in Go's JSON. */
function binary(text: string): string | undefined {
  const packed = text.replaceAll(/[\r\n]/g, '');
  const strict = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  return strict.test(packed) ? Buffer.from(packed, 'base64').toString('utf8') : undefined;
}

const LONG_TAG = /^!<tag:yaml\.org,2002:(.*)>$/;

function shortTag(tag: string): string {
  const long = LONG_TAG.exec(tag);
  return long ? `!!${long[1]}` : tag;
}
