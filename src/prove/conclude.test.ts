/** What follows from attempts, for every combination that there is. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Observed, Try } from './attack.ts';
import writeRoot from './attacks/write-root.ts';
import { concludeAttempt, concludeVerdict } from './conclude.ts';
import { createFile } from './dropping.ts';
import { targetWith } from './fixtures/target.ts';
import type { Attempt } from './proof.ts';

const TRY: Try = createFile(targetWith(), '/etc');
const WON: Observed = { result: 'won', errno: null, detail: 'done' };
const REFUSED: Observed = { result: 'refused', errno: 'EROFS', detail: 'refused' };
const UNDECIDED: Observed = { result: 'undecided', errno: 'ENOENT', detail: 'unclear' };

describe('an attempt', () => {
  const outcome = (seen: Observed, control: Observed | undefined) => concludeAttempt(writeRoot, TRY, seen, control);

  test('is blocked only where the twin was not refused, or where there is no twin', () => {
    assert.equal(outcome(REFUSED, WON).outcome, 'blocked');
    assert.equal(outcome(REFUSED, WON).control, 'succeeded');
    assert.equal(outcome(REFUSED, REFUSED).outcome, 'unknown');
    assert.equal(outcome(REFUSED, UNDECIDED).outcome, 'unknown');
    assert.equal(outcome(REFUSED, undefined).outcome, 'blocked');
    assert.match(outcome(REFUSED, undefined).detail, /nothing showed/);
  });

  test('succeeds, or is residual where the try says so, whatever the twin did', () => {
    for (const control of [WON, REFUSED, UNDECIDED, undefined]) {
      assert.equal(outcome(WON, control).outcome, 'succeeded');
      assert.equal(concludeAttempt(writeRoot, { ...TRY, gain: 'residual' }, WON, control).outcome, 'residual');
    }
  });

  test('is unknown where nothing decided', () => {
    assert.equal(outcome(UNDECIDED, WON).outcome, 'unknown');
    assert.equal(outcome(UNDECIDED, WON).id, 'write-root:/etc');
  });
});

const attemptOf = (id: string, outcome: Attempt['outcome'], control: Attempt['control'] = 'succeeded'): Attempt => ({
  id,
  title: '',
  technique: '',
  family: 'files',
  layer: null,
  outcome,
  errno: null,
  detail: 'the detail',
  control,
});

const evidence = fc.record({
  spec: fc.constantFrom('mutable' as const, 'bypassable' as const, 'immutable' as const),
  findings: fc.constant([]),
  attempts: fc.array(
    fc.record({
      id: fc.constantFrom('write-root:/etc', 'remount-root:remount,rw', 'write-dev:/dev'),
      outcome: fc.constantFrom('blocked' as const, 'residual' as const, 'succeeded' as const, 'unknown' as const),
      control: fc.constantFrom('succeeded' as const, 'not-run' as const),
    }),
    { maxLength: 5 },
  ),
  notAttacked: fc.constant(undefined),
  notReady: fc.option(fc.constant('it exited'), { nil: undefined }),
  unproven: fc.constantFrom([], ['The init container a was not attacked.']),
  uncontrolled: fc.constantFrom('doubted' as const, 'named' as const),
});

test('law: proven if and only if nothing speaks against it, and then without any reason; what nothing showed to work is a reason, or named', () => {
  fc.assert(
    fc.property(evidence, (given) => {
      const attempts = given.attempts.map(({ id, outcome, control }) => attemptOf(id, outcome, control));
      const { verdict, reasons, named } = concludeVerdict({ ...given, attempts });
      const open = attempts.some(({ outcome }) => outcome === 'succeeded' || outcome === 'unknown');
      const attackOf = ({ id }: Attempt) => id.split(':')[0];
      const shown = (one: Attempt) =>
        attempts.some((each) => attackOf(each) === attackOf(one) && each.control === 'succeeded');
      const blocked = attempts.filter(({ outcome }) => outcome === 'blocked');
      const root = blocked.some((each) => attackOf(each) === 'write-root' && each.control === 'succeeded');
      const alone = given.spec === 'immutable' && given.notReady === undefined && given.unproven.length === 0;
      const doubted = given.uncontrolled === 'doubted';
      const proven = alone && !open && root && (!doubted || blocked.every(shown));
      assert.equal(verdict === 'proven', proven);
      for (const one of blocked.filter((each) => !shown(each))) {
        const told = (doubted ? reasons : named).join();
        assert.ok(told.includes(attackOf(one)!), `${attackOf(one)} is counted silently`);
      }
      if (doubted) assert.deepEqual(named, []);
      if (proven) assert.deepEqual(reasons, []);
      if (attempts.some(({ id, outcome }) => id.startsWith('write-root') && outcome === 'succeeded')) {
        assert.equal(verdict, 'mutable');
      }
      if (attempts.some(({ outcome }) => outcome === 'succeeded'))
        assert.ok(['mutable', 'bypassable'].includes(verdict));
    }),
  );
});

test('a contradiction between the specification and the attacks is said', () => {
  const base = { findings: [], notAttacked: undefined, notReady: undefined };
  const attempts = [attemptOf('write-dev:/dev', 'succeeded')];
  const better = concludeVerdict({ ...base, spec: 'immutable', attempts });
  assert.equal(better.verdict, 'bypassable');
  assert.ok(better.reasons.some((each) => each.includes('contradicts the specification')));
  const worse = concludeVerdict({ ...base, spec: 'mutable', attempts: [attemptOf('write-root:/etc', 'blocked')] });
  assert.equal(worse.verdict, 'mutable');
  assert.ok(worse.reasons.some((each) => each.includes('no attack could write')));
});

test('without attempts nothing is proven, and the reason is said', () => {
  const none = {
    spec: 'immutable',
    findings: [],
    attempts: [],
    notAttacked: 'the container exited',
    notReady: undefined,
  } as const;
  assert.deepEqual(concludeVerdict(none), {
    verdict: 'immutable',
    reasons: ['No attack was made: the container exited.'],
    named: [],
  });
});

test('what nothing showed to succeed without the controls is not proven, one attack at a time', () => {
  const base = { spec: 'immutable', findings: [], notAttacked: undefined, notReady: undefined } as const;
  const root = attemptOf('write-root:/etc', 'blocked');
  const conclude = (attempts: readonly Attempt[], noTwin?: string) => concludeVerdict({ ...base, attempts, noTwin });
  assert.equal(conclude([root]).verdict, 'proven');
  const beside = concludeVerdict({ ...base, attempts: [root], unproven: ['The init container a was not attacked.'] });
  assert.deepEqual(beside, { verdict: 'immutable', reasons: ['The init container a was not attacked.'], named: [] });
  assert.equal(conclude([attemptOf('make-device:/dev', 'blocked')]).verdict, 'immutable', 'the root was not tried');
  assert.equal(conclude([attemptOf('write-root:/etc', 'residual')]).verdict, 'immutable');
  const doubtful = [root, attemptOf('make-device:/dev', 'blocked', 'not-run')];
  assert.match(conclude(doubtful).reasons.join(), /these attacks work at all: make-device/);
  assert.equal(
    conclude([...doubtful, attemptOf('make-device:/', 'blocked')]).verdict,
    'proven',
    'another place shows it',
  );
  const none = conclude([attemptOf('write-root:/etc', 'blocked', 'not-run')], 'it exited');
  assert.equal(none.verdict, 'immutable');
  assert.ok(none.reasons.some((each) => each.includes('Nothing without the controls') && each.includes('it exited')));
});

test('what an attempt was refused by is told by its errno where nobody saw it, and not where somebody saw that it is not known', () => {
  const layerOf = (seen: Partial<Observed>) => concludeAttempt(writeRoot, TRY, { ...REFUSED, ...seen }, WON).layer;
  assert.equal(layerOf({}), 'read-only mount');
  assert.equal(layerOf({ errno: 'EACCES' }), 'permission');
  assert.equal(layerOf({ errno: 'EPERM' }), null);
  assert.equal(layerOf({ errno: 'EACCES', layer: 'LSM' }), 'LSM');
  assert.equal(layerOf({ layer: null }), null);
});

test('each thing that speaks against a proof is a reason of its own', () => {
  const root = attemptOf('write-root:/etc', 'blocked');
  const base = {
    spec: 'immutable',
    findings: [],
    notAttacked: undefined,
    notReady: undefined,
    attempts: [root],
  } as const;
  const conclude = (changes: Partial<Parameters<typeof concludeVerdict>[0]>) => {
    const { verdict, reasons } = concludeVerdict({ ...base, ...changes });
    assert.equal(verdict, 'immutable');
    return reasons;
  };
  const traces = ['/etc/x was made by an attack and is still there.'];
  assert.deepEqual(conclude({ traces }), traces);
  assert.deepEqual(conclude({ notReady: 'it exited' }), ['The pod did not become ready: it exited.']);
  assert.deepEqual(conclude({ attempts: [root, attemptOf('write-dev:/dev', 'unknown')] }), [
    'The attack write-dev:/dev has no clear result: the detail.',
  ]);
  assert.deepEqual(conclude({ findings: ['A finding.'] }), ['A finding.']);
});

test('what failed on the twin as well does not show that an attack works', () => {
  const attempts = [
    attemptOf('write-root:/etc', 'blocked'),
    attemptOf('make-device:/dev', 'blocked', 'not-run'),
    attemptOf('make-device:/', 'unknown', 'failed'),
  ];
  const base = { spec: 'immutable', findings: [], notAttacked: undefined, notReady: undefined } as const;
  assert.match(concludeVerdict({ ...base, attempts }).reasons.join(), /these attacks work at all: make-device/);
});
