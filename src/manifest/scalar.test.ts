/** Scalars mean what go-yaml v2 reads: a table taken from the rules of its resolve.go. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { plainScalar, type ScalarValue, taggedScalar } from './scalar.ts';

const PLAIN: readonly [text: string, value: ScalarValue][] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((text): [string, boolean] => [
    text,
    true,
  ]),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((text): [string, boolean] => [
    text,
    false,
  ]),
  ...['', '~', 'null', 'Null', 'NULL'].map((text): [string, null] => [text, null]),
  ...['yEs', 'tRUE', 'oN', 'nO', 'nuLL', 'nULL', 'yes ', '~~', 'none', 'Yep'].map((text): [string, string] => [
    text,
    text,
  ]),
  ['0', 0],
  ['-0', 0],
  ['+12', 12],
  ['-12', -12],
  ['0644', 420],
  ['-0644', -420],
  ['00', 0],
  ['0o644', 420],
  ['0O17', 15],
  ['0x1F', 31],
  ['0X1f', 31],
  ['-0x1F', -31],
  ['+0x1F', 31],
  ['0b101', 5],
  ['-0b11', -3],
  ['1_000', 1000],
  ['0x_ff', 255],
  ['1__0', 10],
  ['_1', '_1'],
  ['08', 8],
  ['0899', 899],
  ['0x', '0x'],
  ['0xg', '0xg'],
  ['0b2', '0b2'],
  ['0o8', '0o8'],
  ['-', '-'],
  ['+', '+'],
  ['--1', '--1'],
  ['1:30', '1:30'],
  ['190:20:30', '190:20:30'],
  ['1e3', 1000],
  ['1E+3', 1000],
  ['1e-2', 0.01],
  ['1.', 1],
  ['1.5', 1.5],
  ['-1.5', -1.5],
  ['1_0.5', 10.5],
  ['.5', 0.5],
  ['.5e1', 5],
  ['.1_0', 0.1],
  ['._1', '._1'],
  ['.', '.'],
  ['..', '..'],
  ['-.5', -0.5],
  ['1e999', '1e999'],
  ['1e', '1e'],
  ['1.2.3', '1.2.3'],
  ['50m', '50m'],
  ['128Mi', '128Mi'],
  ['10.0.0.1', '10.0.0.1'],
  ['2001-01-01', '2001-01-01'],
  ['2001-01-01T00:00:00Z', '2001-01-01T00:00:00Z'],
  ['18446744073709551616', 2 ** 64],
  ['.inf', Number.POSITIVE_INFINITY],
  ['+.Inf', Number.POSITIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['.NaN', Number.NaN],
  ['.nAn', '.nAn'],
  ['inf', 'inf'],
  ['Infinity', 'Infinity'],
  ['nan', 'nan'],
  ['<<', '<<'],
  ['=', '='],
  ['é', 'é'],
];

test('a plain scalar is what go-yaml v2 makes of it', () => {
  for (const [text, value] of PLAIN) assert.deepEqual(plainScalar(text), value, JSON.stringify(text));
});

const TAGGED: readonly [text: string, tag: string, value: ScalarValue | undefined][] = [
  ['yes', '!!str', 'yes'],
  ['0644', '!!str', '0644'],
  ['yes', '!!bool', true],
  ['1', '!!bool', undefined],
  ['0644', '!!int', 420],
  ['1.5', '!!int', undefined],
  ['abc', '!!int', undefined],
  ['1', '!!float', 1],
  ['1e3', '!!float', 1000],
  ['x', '!!float', undefined],
  ['', '!!null', null],
  ['x', '!!null', undefined],
  ['aGk=', '!!binary', 'hi'],
  ['aG\nk=', '!!binary', 'hi'],
  ['aGk', '!!binary', undefined],
  ['5', '!', 5],
  ['5', '!mine', '5'],
  ['2001-01-01', '!!timestamp', '2001-01-01'],
  ['5', '!<tag:yaml.org,2002:str>', '5'],
  ['5', '!<tag:yaml.org,2002:int>', 5],
];

test('a tag decides, or the pair is refused', () => {
  for (const [text, tag, value] of TAGGED)
    assert.equal(taggedScalar(text, tag), value, `${tag} ${JSON.stringify(text)}`);
});

test('decimal numbers read as themselves', () => {
  fc.assert(fc.property(fc.integer(), (number) => assert.equal(plainScalar(String(number)), number + 0)));
  fc.assert(fc.property(fc.nat(), (number) => assert.equal(plainScalar(`0${number.toString(8)}`), number)));
});
