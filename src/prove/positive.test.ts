/** What counts as a positive control: what succeeded where nothing refuses it, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActedTry, Attack, Hands, Observed } from './attack.ts';
import writeRoot from './attacks/write-root.ts';
import { createFile } from './dropping.ts';
import { targetWith } from './fixtures/target.ts';
import { harmlessControls, twinControls } from './positive.ts';
import type { Report } from './probe/decode.ts';
import type { Program } from './probe/program.ts';

const target = targetWith();
const WON: Observed = { result: 'won', errno: null, detail: 'done' };
const REFUSED: Observed = { result: 'refused', errno: 'EACCES', detail: 'refused' };

function handsThat(errno: string | null) {
  const programs: Program[] = [];
  const report = { errno: () => errno } as unknown as Report;
  const hands = {
    probe: async (program: Program) => {
      programs.push(program);
      return report;
    },
  } as unknown as Hands;
  return { hands, programs };
}

const acted = (harmlessly?: ActedTry['act']): ActedTry => ({
  place: 'exec',
  gain: 'residual',
  makes: [],
  act: async () => REFUSED,
  ...(harmlessly === undefined ? {} : { harmlessly }),
});

test('system calls are made again in a directory of one’s own, others in the form that they name', async () => {
  const { hands, programs } = handsThat(null);
  const [file, shown, unshown] = [createFile(target, '/etc'), acted(async () => WON), acted()];
  const controls = harmlessControls({ target, hands }, '/own');
  const seen = await controls.of([{ attack: writeRoot, tries: [file, shown, unshown] }]);
  assert.deepEqual([...seen.keys()], [file, shown]);
  assert.equal(programs.length, 1);
  assert.equal(programs[0]![0]!.args[1], `/own/petrify-${target.token}`);
});

test('what fails there as well shows nothing', async () => {
  const { hands } = handsThat('EACCES');
  const controls = harmlessControls({ target, hands }, '/own');
  const tries = [createFile(target, '/etc'), acted(async () => REFUSED)];
  assert.equal((await controls.of([{ attack: writeRoot, tries }])).size, 0);
});

test('a twin makes its own plan of an attack; the same place shows that a try works, and a place that it lacks does not', async () => {
  const twin = targetWith({ twin: true });
  const { hands, programs } = handsThat(null);
  const planned: boolean[] = [];
  const attack: Attack = {
    ...writeRoot,
    plan: (seen) => {
      planned.push(seen.twin);
      return { tries: ['/usr', '/etc'].map((place) => createFile(seen, place, '-twin')), skipped: [] };
    },
  };
  const [etc, none] = [createFile(target, '/etc'), createFile(target, '/srv')];
  const controls = twinControls({ target: twin, hands });
  assert.equal(controls.when, 'beside');
  const seen = await controls.of([{ attack, tries: [etc, none] }]);
  assert.deepEqual([...seen.keys()], [etc]);
  assert.match(seen.get(etc)!.detail, /^openat\(\/etc\/petrify-0123456789ab-twin\) succeeded/);
  assert.deepEqual([planned, programs.length], [[true], 1]);
});
