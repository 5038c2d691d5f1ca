/** What counts as working: ready, the same answers, nothing refused that was not refused before, a good end and a second start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { Evidence } from '../profile/evidence.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { failsAlike, judgeTrial, troubledByVolumes, turnsElsewhere } from './trial.ts';

const closed = { uid: 0, gid: 0, mode: 0o700 };
const layout = {
  links: {},
  directories: {},
  resolve: (path: string) => path,
  directory: (path: string) => (path === '/root' ? shippedDirectory(2, { owner: closed }) : undefined),
};

const refused = (path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'system-calls',
  path,
  what: 'refused',
  detail: `openat ${path}`,
  errno: 'EROFS',
  ...more,
});
const logged = (path: string): Evidence => refused(path, { collector: 'log-lines', detail: `cannot create ${path}` });

type Seen = Partial<ContainerObservation>;

/** An observation with just what judging looks at. */
function observation(
  containers: Readonly<Record<string, Seen>>,
  {
    answers = ['HTTP 200'],
    reason,
    later = [],
  }: { answers?: readonly string[]; reason?: string; later?: Observation['later'] } = {},
): Observation {
  return {
    outcome: { ready: reason === undefined, reason, readyMs: 1 },
    differences: [],
    answered: answers.map((answer) => ({ container: 'app', request: 'GET :80/', answer })),
    later,
    containers: Object.entries(containers).map(([name, seen]) => ({
      name,
      refused: [],
      evidence: [],
      mounts: [],
      layout,
      user: { uid: 0, gid: 0, from: 'image' },
      listening: [],
      logs: '',
      lastLine: '',
      exitCode: undefined,
      endedWith: 0,
      ...seen,
    })) as unknown as ContainerObservation[],
  };
}

const before = observation({ app: {} });
const user = { uid: 33, gid: 33, from: 'manifest' } as const;
const mount = (mountPath: string, readOnly = false) =>
  ({ mountPath, readOnly, volumeKind: 'emptyDir' }) as unknown as ContainerObservation['mounts'][number];

test('the same answers and nothing refused: it works', () => {
  assert.deepEqual(judgeTrial(before, before), {
    works: true,
    complaints: [],
    reason: undefined,
    refused: [],
    tolerated: [],
  });
});

const reasons: readonly (readonly [string, Observation, Observation, string | undefined])[] = [
  [
    'not ready: the reason, with what was refused',
    before,
    observation(
      { app: { refused: [refused('/srv/x'), refused('/srv/y')] } },
      { reason: 'container app exited with code 1' },
    ),
    'container app exited with code 1: app was refused to write /srv/x (and 1 more): openat /srv/x',
  ],
  [
    'not ready and nothing refused: the last words of the one that ended',
    before,
    observation(
      {
        helper: { logs: 'I am well\n' },
        app: { exitCode: 1, logs: 'starting\nbind() to 0.0.0.0:80 failed (13: Permission denied)\n' },
      },
      { reason: 'container app exited with code 1' },
    ),
    'container app exited with code 1: bind() to 0.0.0.0:80 failed (13: Permission denied)',
  ],
  ['not ready, without a word', before, observation({ app: {} }, { reason: 'the probe failed' }), 'the probe failed'],
  [
    'another answer than before, although it is ready',
    before,
    observation({ app: {} }, { answers: ['HTTP 500'] }),
    'app answered HTTP 200 to GET :80/ before, and HTTP 500 now',
  ],
  [
    'a worse answer at any later moment',
    before,
    observation({ app: {} }, { answers: ['HTTP 200', 'nothing'] }),
    'app answered HTTP 200 to GET :80/ before, and nothing now',
  ],
  [
    'a request that is not answered any more',
    before,
    observation({ app: {} }, { answers: [] }),
    'app answered HTTP 200 to GET :80/ before, and nothing now',
  ],
  [
    'each answer that was seen before will do',
    observation({ app: {} }, { answers: ['HTTP 200', 'HTTP 503'] }),
    observation({ app: {} }, { answers: ['HTTP 503'] }),
    undefined,
  ],
  [
    'where nothing was answered before, an answer is no failure',
    observation({ app: {} }, { answers: ['nothing'] }),
    observation({ app: {} }, { answers: ['HTTP 200'] }),
    undefined,
  ],
  [
    'a refused write, although it runs on',
    before,
    observation({ app: { refused: [refused('/srv/x')] } }),
    'app was refused to write /srv/x: openat /srv/x',
  ],
  [
    'what was refused before as well does not count, whatever the error was',
    observation({ app: { refused: [refused('/srv/x', { errno: 'EACCES' })] } }),
    observation({ app: { refused: [refused('/srv/x')] } }),
    undefined,
  ],
  [
    'but it counts in another container',
    observation({ app: { refused: [refused('/srv/x')] }, helper: {} }),
    observation({ app: {}, helper: { refused: [refused('/srv/x')] } }),
    'helper was refused to write /srv/x: openat /srv/x',
  ],
  [
    'a port on which it does not listen any more',
    observation({ app: { listening: [80, 8080] } }),
    observation({ app: { listening: [80] } }),
    'app listened on port 8080 before, and does not now',
  ],
  [
    'ports that the kernel hands out are other ones each time',
    observation({ app: { listening: [32768] } }),
    observation({ app: { listening: [40000] } }),
    undefined,
  ],
  [
    'one that has to be killed, and ended by itself before',
    before,
    observation({ app: { endedWith: 137 } }),
    'app ended when it was asked to before, and has to be killed now',
  ],
  [
    'one that had to be killed before as well',
    observation({ app: { endedWith: 137 } }),
    observation({ app: { endedWith: 137 } }),
    undefined,
  ],
  [
    'a restart that fails, with its last line',
    before,
    observation(
      { app: { lastLine: 'pid file exists' } },
      { later: [{ what: 'restart', failure: 'container app exited with code 1' }] },
    ),
    'started again on its own volumes: container app exited with code 1 (pid file exists)',
  ],
  [
    'a start after a crash that fails, without a word',
    before,
    observation(
      { app: {} },
      {
        later: [
          { what: 'restart', failure: undefined },
          { what: 'crash', failure: 'not ready' },
        ],
      },
    ),
    'started again after a crash, on its own volumes: not ready',
  ],
  [
    'a reload that fails',
    observation({ app: {} }, { later: [{ what: 'reload', failure: undefined }] }),
    observation({ app: {} }, { later: [{ what: 'reload', failure: 'container app ended' }] }),
    'after a reload: container app ended',
  ],
  [
    'a reload that failed before as well',
    observation({ app: {} }, { later: [{ what: 'reload', failure: 'container app ended' }] }),
    observation({ app: {} }, { later: [{ what: 'reload', failure: 'container app ended' }] }),
    undefined,
  ],
  [
    'an error that its log did not have before',
    observation({ app: { logs: 'ERROR: no licence\n' } }),
    observation({ app: { logs: 'ERROR: no licence\nERROR: cannot load the module\n' } }),
    'app logged an error that it did not log before: ERROR: cannot load the module',
  ],
  [
    'errors of a container that was not there before (an init container of ours) are no regression',
    before,
    observation({ app: {}, 'seed-app': { logs: 'ERROR: cannot read /x\n' } }),
    undefined,
  ],
];

for (const [name, earlier, trial, reason] of reasons) {
  test(name, () => {
    const verdict = judgeTrial(earlier, trial);
    assert.equal(verdict.reason, reason);
    assert.equal(verdict.works, reason === undefined);
  });
}

test('new errors alone are complaints: it works but for them', () => {
  const trial = observation({ app: { logs: 'ERROR: a\nall is well\nERROR: b\n' } });
  assert.deepEqual(judgeTrial(before, trial).complaints, ['ERROR: a', 'ERROR: b']);
  const broken = observation({ app: { logs: 'ERROR: a\n' } }, { answers: ['HTTP 500'] });
  assert.deepEqual(judgeTrial(before, broken).complaints, [], 'not where something else is wrong as well');
});

/** Refused in the trial alone: counted as a failure, or tolerated. */
const refusals: readonly (readonly [string, Evidence, Seen, readonly string[], 'counts' | 'tolerated'])[] = [
  ['anywhere in the image', refused('/srv/x'), { user }, [], 'counts'],
  ['where the user cannot get to', refused('/root/.cache/x'), { user }, [], 'tolerated'],
  ['where the user cannot get to, but it complained', logged('/root/.cache/x'), { user }, [], 'counts'],
  ['where root gets to', refused('/root/.cache/x'), {}, [], 'counts'],
  ['in the kernel’s interfaces', refused('/proc/self/oom_score_adj', { errno: 'EACCES' }), { user }, [], 'tolerated'],
  ['in the kernel’s interfaces, with a complaint', logged('/proc/self/oom_score_adj'), { user }, [], 'counts'],
  ['a file of the runtime', refused('/etc/hosts', { errno: 'EACCES' }), { user }, [], 'counts'],
  [
    'content of a writable volume',
    refused('/data/x', { errno: 'EACCES' }),
    { user, mounts: [mount('/data')] },
    [],
    'counts',
  ],
  [
    'the mode of a file of a writable volume',
    refused('/data/x', { errno: 'EPERM', detail: 'fchmodat(0700) by app' }),
    { user, mounts: [mount('/data')] },
    [],
    'tolerated',
  ],
  ['a read-only volume', refused('/data/x'), { user, mounts: [mount('/data', true)] }, [], 'counts'],
  ['below what was left out on purpose', refused('/usr/lib/app/x.pyc'), { user }, ['/usr/lib/app'], 'tolerated'],
  [
    'below what was left out, even with a complaint',
    logged('/usr/lib/app/x.pyc'),
    { user },
    ['/usr/lib/app'],
    'tolerated',
  ],
  ['beside what was left out', refused('/usr/lib/app2/x.pyc'), { user }, ['/usr/lib/app'], 'counts'],
  ['a file directly in /, which was left out', refused('/core'), { user }, ['/'], 'tolerated'],
  ['anything deeper than a file in /', refused('/srv/core'), { user }, ['/'], 'counts'],
];

for (const [name, evidence, seen, leftOut, expected] of refusals) {
  test(`refused ${name}: ${expected}`, () => {
    const closedPlaces = leftOut.map((path) => ({ container: 'app', path, because: 'on purpose' }));
    const verdict = judgeTrial(before, observation({ app: { ...seen, refused: [evidence] } }), closedPlaces);
    const [counted, passed] = [verdict.refused.length, verdict.tolerated.length];
    assert.deepEqual([counted, passed], expected === 'counts' ? [1, 0] : [0, 1]);
    assert.equal(verdict.works, expected === 'tolerated');
  });
}

test('what was left out of one container excuses no other', () => {
  const leftOut = [{ container: 'helper', path: '/srv', because: 'on purpose' }];
  assert.equal(judgeTrial(before, observation({ app: { refused: [refused('/srv/x')] } }), leftOut).works, false);
});

const volumeTroubles: readonly (readonly [string, Seen, boolean])[] = [
  ['nothing', {}, false],
  ['a refusal outside of volumes', { refused: [refused('/srv/x')] }, false],
  ['a refusal in one', { refused: [refused('/data/x')], mounts: [mount('/data')] }, true],
  ['a refusal in one that is read-only', { refused: [refused('/data/x')], mounts: [mount('/data', true)] }, false],
  ['an error that names one', { logs: 'ERROR: bad format of /data/x\n', mounts: [mount('/data')] }, true],
  [
    'an error that names a read-only one',
    { logs: 'ERROR: bad format of /data/x\n', mounts: [mount('/data', true)] },
    false,
  ],
  ['an error about ownership', { logs: 'FATAL: data directory has wrong ownership\n' }, true],
  ['an error about what is missing', { logs: 'ERROR: open x: No such file or directory\n' }, true],
  ['any other error', { logs: 'ERROR: out of luck\n' }, false],
];
for (const [name, seen, expected] of volumeTroubles) {
  test(`${name} ${expected ? 'asks' : 'does not ask'} for directories as the image has them`, () => {
    assert.equal(troubledByVolumes(before, observation({ app: seen }).containers[0]!), expected);
  });
}

test('trials fail alike but for numbers; one that works fails like no other', () => {
  const failing = (reason: string) => ({ verdict: judgeTrial(before, observation({ app: {} }, { reason })) });
  const first = failing('container app exited with code 1: 12:30:01 pid 7: already running');
  assert.ok(failsAlike(first, failing('container app exited with code 1: 12:30:09 pid 19: already running')));
  assert.ok(!failsAlike(first, failing('container app exited with code 1: permission denied')));
  const works = { verdict: judgeTrial(before, before) };
  assert.ok(!failsAlike(works, works));
});

test('a failure names what was refused where no volume may be', () => {
  const seen = { refused: [refused('/srv/app/settings.json.tmp')] };
  const trial = observation({ app: seen }, { reason: 'readiness probe failed' });
  const closedPlace = [{ container: 'app', path: '/srv/app', because: 'the image ships programs there (app.py)' }];
  assert.equal(
    judgeTrial(before, trial, closedPlace).reason,
    'readiness probe failed; it was refused to write /srv/app/settings.json.tmp, where no volume may be: the image ships programs there (app.py)',
  );
});

test('a refusal where it never wrote before tells that it turned away from somewhere else', () => {
  const made = { ...refused('/tmp/x1'), what: 'create' } as Evidence;
  const usual = observation({ app: { evidence: [made] } });
  const seen = (path: string) => observation({ app: { refused: [refused(path)] } }).containers[0]!;
  assert.equal(turnsElsewhere(usual, seen('/app/x2')), true);
  assert.equal(turnsElsewhere(usual, seen('/tmp/x2')), false);
});
