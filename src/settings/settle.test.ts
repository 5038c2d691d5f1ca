/** Flag over environment over file over default, as a table; values that no option has are refused with where they were said. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LATEST } from '../controls/kubernetes-version.ts';
import { type Said, settle, VARIABLES } from './settle.ts';

const rows: { key: keyof typeof VARIABLES; flag: unknown; env: string; file: unknown; none: unknown }[] = [
  { key: 'level', flag: 'minimal', env: 'strict', file: 'minimal', none: 'standard' },
  { key: 'failOn', flag: 'never', env: 'mutable', file: 'bypassable', none: 'finding' },
  { key: 'known', flag: 'a.json', env: 'b.json', file: 'c.json', none: undefined },
  { key: 'allowNetwork', flag: true, env: 'false', file: true, none: false },
  { key: 'kubernetesVersion', flag: '1.30', env: 'v1.31.4', file: '1.32', none: LATEST },
];

const FIELD = { kubernetesVersion: 'target' } as const;

for (const { key, flag, env, file, none } of rows) {
  test(`${key}: flag, then environment, then file, then default`, () => {
    const field = key === 'kubernetesVersion' ? FIELD[key] : key;
    const settled = (flags: Said, variables: NodeJS.ProcessEnv, settings: Said) =>
      settle(flags, variables, settings)[field];
    const said = (value: unknown): unknown =>
      key === 'kubernetesVersion' ? { minor: Number(/\.(\d+)/.exec(String(value))![1]), stated: true } : value;
    const variables = { [VARIABLES[key]]: env };
    const fromEnv = key === 'allowNetwork' ? env === 'true' : env;
    assert.deepEqual(settled({ [key]: flag }, variables, { [key]: file }), said(flag));
    assert.deepEqual(settled({}, variables, { [key]: file }), said(fromEnv));
    assert.deepEqual(
      settled({}, { [VARIABLES[key]]: '' }, { [key]: file }),
      said(file),
      'an empty variable says nothing',
    );
    assert.deepEqual(settled({}, {}, {}), none);
  });
}

test('what is excluded adds up; values files of the command line replace those of the file', () => {
  const { exclude, helmValues } = settle(
    { exclude: ['a'], helmValues: ['x'] },
    {},
    { exclude: ['b'], helmValues: ['y'] },
  );
  assert.deepEqual([exclude, helmValues], [['b', 'a'], ['x']]);
});

for (const [flags, env, message] of [
  [{ level: 'strickt' }, {}, /^--level: strickt is not one of minimal, standard, strict$/],
  [{}, { PETRIFY_FAIL_ON: 'allways' }, /^PETRIFY_FAIL_ON: allways is not one of/],
  [{ kubernetesVersion: '1.99' }, {}, /^--kubernetes-version: 1\.99 is no version/],
  [{ kubernetesVersion: 'latest' }, {}, /is no version/],
] as const) {
  test(`refused: ${JSON.stringify({ ...flags, ...env })}`, () => {
    assert.throws(() => settle(flags, env, {}), { code: 'bad-usage', message });
  });
}
