/** In which order and company attacks are made, what shows that they work, and when it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../failure.ts';
import type { ActedTry, Hands, Observed, Try } from './attack.ts';
import { attacks } from './attacks/index.ts';
import { attackAll, type CampaignOptions, makeTries } from './campaign.ts';
import { createFile } from './dropping.ts';
import { handsOn, type Kernel } from './fixtures/kernel.ts';
import { targetWith } from './fixtures/target.ts';
import type { PositiveControls, Round } from './positive.ts';
import { everyCall, type Program, pathsIn } from './probe/program.ts';
import { OWN_MOUNT } from './target.ts';

const target = targetWith();
const WON: Observed = { result: 'won', errno: null, detail: 'done' };
const refusing = new Failure('engine-refused', 'The engine refuses.');

/** System calls are answered by the kernel, everything else is refused. */
function attackedOn(kernel: Kernel = {}) {
  const { hands, probes } = handsOn({ paths: target.paths, ...kernel });
  const refuses = () => Promise.reject(refusing);
  const refused: Hands = { ...hands, exec: refuses, copyIn: refuses };
  return { own: { target, hands: refused }, probes };
}

const QUIET: CampaignOptions = { controls: undefined, traces: async () => [] };

test('attacks are made in the order of the catalogue, and one that is made alone shares no probe', async () => {
  const { own, probes } = attackedOn();
  const { results, attempts } = await attackAll(own, QUIET);
  const order = [...new Set(attempts.map(({ id }) => id.split(':')[0]))];
  assert.deepEqual(
    order,
    attacks.map(({ id }) => id).filter((id) => order.includes(id)),
  );
  const owners = new Map(
    results.flatMap(({ attack, try: tried }) =>
      'program' in tried ? everyCall(tried.program).map((each) => [each, attack] as const) : [],
    ),
  );
  const company = probes.map((program) => new Set(everyCall(program).flatMap((each) => owners.get(each) ?? [])));
  const alone = company.filter((some) => [...some].some((attack) => attack.alone === true));
  assert.ok(alone.length > 1 && company.some(({ size }) => size > 10));
  assert.ok(alone.every(({ size }) => size === 1));
  const made = company.flatMap((some) => [...some].map(({ id }) => id));
  assert.deepEqual([...new Set(made)], [...new Set([...owners.values()].map(({ id }) => id))], 'none before its turn');
});

test('a family that cannot be attempted is left out with its reason, and so is what needs a file of Petrify’s own', async () => {
  const { own, probes } = attackedOn();
  const without = new Map([['files', 'there are none'] as const]);
  const { attempts, notAttempted } = await attackAll(own, { ...QUIET, without });
  assert.deepEqual(
    attempts.filter(({ family }) => family === 'files'),
    [],
  );
  assert.ok(notAttempted.some(({ id, reason }) => id === 'write-root' && reason === 'there are none'));
  const ownPaths = (programs: readonly Program[]) =>
    programs.flatMap(pathsIn).filter((path) => path.startsWith(`${OWN_MOUNT}/`));
  assert.notDeepEqual(ownPaths(probes), []);
  const bare = attackedOn();
  await attackAll(bare.own, { ...QUIET, ownFiles: false });
  assert.deepEqual(ownPaths(bare.probes), []);
});

/** Refuses to open the names of `write-root`, and nothing else. */
const CLOSED: Kernel = {
  returns: ({ name, args }) => (name === 'openat' && String(args[1]) === `/petrify-${target.token}` ? -13n : undefined),
};

/** Controls that say of every try that it works, and keep what they were asked. */
function controlsThat(when: PositiveControls['when']) {
  const asked: Try[] = [];
  const controls: PositiveControls = {
    when,
    async of(round: Round) {
      const tries = round.flatMap((one) => one.tries);
      asked.push(...tries);
      return new Map(tries.map((tried) => [tried, WON]));
    },
  };
  return { controls, asked };
}

test('controls beside are made of every try, those afterwards only of what was refused, and both count', async () => {
  for (const when of ['beside', 'afterwards'] as const) {
    const { controls, asked } = controlsThat(when);
    const { attempts, results } = await attackAll(attackedOn(CLOSED).own, { ...QUIET, controls });
    const refused = results.filter(({ observed }) => observed.result === 'refused').map((one) => one.try);
    const wanted = when === 'beside' ? results.map((one) => one.try) : refused;
    assert.deepEqual(asked, wanted);
    const [root] = attempts.filter(({ id }) => id === 'write-root:/');
    assert.deepEqual([root!.outcome, root!.control], ['blocked', 'succeeded'], when);
  }
});

test('traces are looked for by the probe after everything that was tried, otherwise after what was not refused', async () => {
  const looked: Try[] = [];
  const { own, probes } = attackedOn(CLOSED);
  const { results } = await attackAll(own, {
    controls: undefined,
    traces: async (_, tries) => {
      looked.push(...tries);
      return ['a trace'];
    },
  });
  const refused = results.filter(({ observed }) => observed.result === 'refused').map((one) => one.try);
  assert.ok(refused.length > 0);
  assert.deepEqual(
    looked,
    results.map((one) => one.try).filter((tried) => !refused.includes(tried)),
  );
  const before = probes.length;
  const { traces } = await attackAll(own, { controls: undefined });
  const names = probes.slice(before).flatMap((program) => program.filter(({ name }) => name === 'statx'));
  assert.ok(names.some(({ args }) => args[1] === `/petrify-${target.token}`));
  assert.deepEqual(
    traces.filter((each) => each.includes(target.token)),
    [],
  );
});

test('it ends as interrupted between two rounds, and between two tries that act', async () => {
  const stop = new AbortController();
  const { own, probes } = attackedOn();
  const stopping = attackAll(own, { ...QUIET, signal: stop.signal, onAttempt: () => stop.abort() });
  await assert.rejects(stopping, { code: 'interrupted' });
  assert.equal(probes.length, 1);
  const made: string[] = [];
  const acting = (place: string): ActedTry => ({
    ...{ place, gain: 'succeeded', makes: [] },
    act: async () => {
      made.push(place);
      return WON;
    },
  });
  const once = () => {
    if (made.length > 0) throw new Failure('interrupted', 'Interrupted.');
  };
  await assert.rejects(makeTries([acting('first'), acting('second')], own, once), { code: 'interrupted' });
  assert.deepEqual(made, ['first']);
});

test('what is known to go wrong leaves a try undecided, and a defect goes on', async () => {
  const { own } = attackedOn();
  const failing = (error: Error): ActedTry => ({
    ...{ place: '', gain: 'succeeded', makes: [] },
    act: () => Promise.reject(error),
  });
  const known = failing(refusing);
  const probed = createFile(target, '/etc');
  const lost: Hands = { ...own.hands, probe: () => Promise.reject(refusing) };
  const seen = await makeTries([known, probed], { target, hands: lost });
  const undecided = { result: 'undecided', errno: null, detail: 'The engine refuses.' };
  assert.deepEqual([seen.get(known), seen.get(probed)], [undecided, undecided]);
  await assert.rejects(makeTries([failing(new TypeError('a defect'))], own), /a defect/);
});

test('one probe holds so many tries, however many there are', async () => {
  const { own, probes } = attackedOn();
  const tries = Array.from({ length: 100 }, (_, index) => createFile(target, '/etc', `-${index}`));
  const seen = await makeTries(tries, own);
  assert.equal(seen.size, 100);
  const opened = probes.map((program) => program.filter(({ name }) => name === 'openat').length);
  assert.deepEqual(opened, [40, 40, 20]);
});
