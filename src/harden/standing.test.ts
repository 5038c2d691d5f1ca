/** The search learns each lesson once and walks down: it never stands twice in the same place, so it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_CAPABILITIES } from '../engine/identity.ts';
import type { ContainerObservation } from '../observe/observe.ts';
import type { Candidate } from './candidates.ts';
import {
  capabilityCalls,
  describe,
  firstStanding,
  identityOf,
  improved,
  isLastResort,
  type Lesson,
  lastStanding,
  type Standing,
  spelledOut,
  stepDown,
} from './standing.ts';

const tight: Candidate = { identity: { user: { uid: 33, gid: 33 }, capabilities: [] }, grows: false };
const root: Candidate = { identity: { user: undefined, capabilities: [] }, grows: true };
const open: Candidate = { identity: { user: undefined, capabilities: 'default' }, grows: false };
const NOTHING: Lesson = {
  missing: [],
  used: [],
  directories: false,
  code: false,
  intoRoot: false,
  besideShipped: false,
  leftovers: [],
  knobs: false,
};

/** Those that no refused call asks for are there already. */
const ALL_UNSEEN = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL'];

const at = (candidate: Candidate, more: Partial<Standing> = {}): Standing => ({
  ...firstStanding([candidate]),
  ...more,
});

const table: readonly (readonly [string, Standing, Partial<Lesson>, Partial<Standing> | undefined])[] = [
  ['nothing', at(root), {}, undefined],
  ['a capability that was missed', at(root), { missing: ['CHOWN'] }, { capabilities: ['CHOWN'] }],
  [
    'one that was missed, with all that were used before, in the runtime’s order',
    at(root),
    { missing: ['SETUID'], used: ['NET_RAW', 'CHOWN'] },
    { capabilities: ['CHOWN', 'SETUID', 'NET_RAW'] },
  ],
  ['what was used, though no refusal was seen', at(root), { used: ['CHOWN'] }, { capabilities: ['CHOWN'] }],
  ['what was used is tried once', at(root, { capabilities: ALL_UNSEEN }), { used: ['CHOWN', 'SETUID'] }, undefined],
  [
    'another that is missed is added',
    at(root, { capabilities: ['CHOWN'] }),
    { missing: ['KILL'] },
    { capabilities: ['CHOWN', 'KILL'] },
  ],
  [
    'one that it has already teaches nothing',
    at(root, { capabilities: ALL_UNSEEN }),
    { missing: ['CHOWN'] },
    undefined,
  ],
  ['one that no runtime gives is never added', at(root), { missing: ['SYS_ADMIN'] }, undefined],
  ['a user gets none', at(tight), { missing: ['CHOWN'], used: ['CHOWN'] }, undefined],
  ['nor does who has the default ones', at(open), { missing: ['CHOWN'] }, undefined],
  ['settings are given up', at(tight), { knobs: true }, { knobs: 'unused' }],
  ['settings that were given up are not given up again', at(tight, { knobs: 'unused' }), { knobs: true }, undefined],
  ['directories as the image has them', at(tight), { directories: true }, { directories: 'own' }],
  ['directories that are so already', at(tight, { directories: 'own' }), { directories: true }, undefined],
  ['code is mounted', at(tight), { code: true }, { code: 'mounted' }],
  ['code that is mounted already', at(tight, { code: 'mounted' }), { code: true }, undefined],
  [
    'one lesson at a time: capabilities before settings before directories before code',
    at(root),
    { missing: ['CHOWN'], knobs: true, directories: true, code: true },
    { capabilities: ['CHOWN'] },
  ],
  ['settings before directories', at(tight), { knobs: true, directories: true, code: true }, { knobs: 'unused' }],
  ['a working directory of its own', at(tight), { intoRoot: true }, { workingDirectory: 'volume' }],
  ['which it has already', at(tight, { workingDirectory: 'volume' }), { intoRoot: true }, undefined],
  ['files that are removed first', at(tight), { leftovers: ['/run/a'] }, { leftovers: ['/run/a'] }],
  ['others than those', at(tight, { leftovers: ['/run/a'] }), { leftovers: ['/run/b'] }, undefined],
  [
    'directories before code',
    at(tight, { knobs: 'unused' }),
    { knobs: true, directories: true, code: true },
    { directories: 'own' },
  ],
];
for (const [name, standing, lesson, expected] of table) {
  test(`learned: ${name}`, () => {
    const better = improved(standing, { ...NOTHING, ...lesson });
    assert.deepEqual(better, expected && { ...standing, ...expected });
  });
}

test('one rung down everything begins anew, and below the last there is nothing', () => {
  const standing: Standing = { ...firstStanding([tight, root]), directories: 'own', code: 'mounted', knobs: 'unused' };
  const lower = stepDown({ ...standing, capabilities: ['CHOWN'] });
  assert.deepEqual(lower, { ...firstStanding([tight, root]), rung: 1 });
  assert.equal(stepDown(lower!), undefined);
});

test('the last rung is the most open one, with what was learned about paths', () => {
  const standing: Standing = {
    ...firstStanding([tight, root, open]),
    workingDirectory: 'volume',
    capabilities: ['CHOWN'],
  };
  assert.deepEqual(lastStanding(standing), { ...standing, rung: 2, capabilities: [] });
  assert.equal(stepDown(lastStanding(standing)), undefined);
});

test('the capabilities of a rung that grows are those that it learned; of another its own', () => {
  assert.deepEqual(identityOf(at(root, { capabilities: ['KILL'] })).capabilities, ['KILL']);
  assert.deepEqual(identityOf(at(tight, { capabilities: ['KILL'] })).capabilities, []);
  assert.deepEqual([at(tight), at(root), at(open)].map(isLastResort), [false, false, true]);
});

test('the runtime’s set is spelled out where single ones of it can be taken away, with everything else that was learned', () => {
  const standing: Standing = { ...firstStanding([tight, root, open]), rung: 2, directories: 'own', code: 'mounted' };
  assert.deepEqual(spelledOut(standing), { ...standing, rung: 1, capabilities: DEFAULT_CAPABILITIES });
  assert.deepEqual(identityOf(spelledOut(standing)).capabilities, DEFAULT_CAPABILITIES);
  const alone: Standing = { ...standing, candidates: [tight, open], rung: 1 };
  assert.equal(spelledOut(alone), alone, 'a user who is not root gets none by name');
  const asItIs = at(root, { capabilities: ['KILL'] });
  assert.equal(spelledOut(asItIs), asItIs);
});

const anyCapability = fc.constantFrom(...DEFAULT_CAPABILITIES, 'SYS_ADMIN', 'NET_ADMIN');
const anyLesson: fc.Arbitrary<Lesson> = fc.record({
  missing: fc.array(anyCapability, { maxLength: 4 }),
  used: fc.array(anyCapability, { maxLength: 4 }),
  directories: fc.boolean(),
  code: fc.boolean(),
  intoRoot: fc.boolean(),
  besideShipped: fc.boolean(),
  leftovers: fc.subarray(['/run/app.pid', '/run/app.sock']),
  knobs: fc.boolean(),
});

test('law: whatever is learned, no standing comes twice, and the search ends', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(tight, root, open), { minLength: 1, maxLength: 5 }),
      fc.array(anyLesson, { minLength: 1, maxLength: 30 }),
      (candidates, lessons) => {
        const known = new Set<string>();
        // Each rung can learn each capability once, and five things more.
        const most = candidates.length * (DEFAULT_CAPABILITIES.length + 6);
        let standing: Standing | undefined = firstStanding(candidates);
        for (let step = 0; standing !== undefined; step++) {
          assert.ok(step <= most, 'it ends');
          const { candidates: _, ...place } = standing;
          const key: string = JSON.stringify(place);
          assert.ok(!known.has(key), `${key} comes twice`);
          known.add(key);
          standing = improved(standing, lessons[step % lessons.length]!) ?? stepDown(standing);
        }
      },
    ),
  );
});

type Calls = Parameters<typeof capabilityCalls>[0];
const call = (capability: string, errno?: 'EPERM' | 'EACCES', callerUid = 0) =>
  ({ call: 'x', capability, errno, callerUid }) as ContainerObservation['privileged'][number];
const seen = (more: Partial<Calls>): Calls => ({
  privileged: [],
  refused: [],
  user: { uid: 0, gid: 0, from: 'image' },
  ...more,
});
const denied = { collector: 'log-lines', path: '/x', what: 'refused', detail: '', errno: 'EACCES' } as const;

test('capabilities that were refused and used: root’s alone, each once, only what runtimes give', () => {
  const privileged = [
    call('KILL', 'EPERM'),
    call('CHOWN', 'EPERM'),
    call('CHOWN', 'EPERM'),
    call('SETUID'),
    call('SYS_ADMIN', 'EPERM'),
    call('NET_RAW', 'EPERM', 33),
  ];
  assert.deepEqual(capabilityCalls(seen({ privileged })), { refused: ['CHOWN', 'KILL'], used: ['SETUID'] });
});

test('root whose permission was denied lacks DAC_OVERRIDE; another user lacks nothing', () => {
  assert.deepEqual(capabilityCalls(seen({ refused: [denied] })).refused, ['DAC_OVERRIDE']);
  assert.deepEqual(capabilityCalls(seen({ refused: [{ ...denied, errno: 'EROFS' }] })).refused, []);
  const user = { uid: 33, gid: 33, from: 'image' } as const;
  assert.deepEqual(capabilityCalls(seen({ refused: [denied], user })).refused, []);
  assert.deepEqual(capabilityCalls(seen({ refused: [denied] })).used, []);
});

test('what is tried, in words', () => {
  assert.equal(
    describe(new Map([['app', at(tight, { directories: 'own' })]])),
    'user 33, no capability, directories as the image has them',
  );
  assert.equal(
    describe(
      new Map([
        ['app', at(tight)],
        ['helper', at(root, { capabilities: ['CHOWN'] })],
      ]),
    ),
    'app: user 33, no capability; helper: its own user, CHOWN',
  );
});

test('before all of the runtime’s capabilities come those whose absence no call shows, once', () => {
  const grown = { ...firstStanding([root]), capabilities: ['CHOWN'] };
  const more = improved(grown, NOTHING)!;
  assert.deepEqual(more.capabilities, ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL']);
  assert.equal(improved(more, NOTHING), undefined);
  assert.equal(improved({ ...firstStanding([tight]), capabilities: ['CHOWN'] }, NOTHING), undefined);
});

test('a working directory of its own is the last guess where the image ships files in the old one', () => {
  const lesson = { ...NOTHING, directories: true, code: true, besideShipped: true };
  const own = improved(at(tight), lesson)!;
  const code = improved(own, lesson)!;
  assert.deepEqual([own.directories, code.code, code.workingDirectory], ['own', 'mounted', 'as-it-is']);
  assert.equal(improved(code, lesson)?.workingDirectory, 'volume');
});
