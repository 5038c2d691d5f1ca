/** What counts as working: ready, the same answers, nothing refused that was not refused before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerObservation, Observation } from '../observe/observe.ts';
import type { Evidence } from '../profile/evidence.ts';
import { laddersOf, stepDown, troubled } from './ladders.ts';
import { judgeTrial } from './trial.ts';

const layout = { resolve: (path: string) => path, directory: () => undefined };

function refused(path: string, errno: Evidence['errno'] = 'EROFS'): Evidence {
  return {
    collector: 'log-lines',
    path,
    what: 'refused',
    detail: `cannot create ${path}`,
    ...(errno ? { errno } : {}),
  };
}

interface Seen {
  readonly logs?: string;
  readonly refused?: readonly Evidence[];
  readonly exitCode?: number;
  readonly mounts?: ContainerObservation['mounts'];
}

/** An observation with just what judging looks at. */
function observation(answer: string, containers: Readonly<Record<string, Seen>>, reason?: string): Observation {
  return {
    outcome: { ready: reason === undefined, reason, readyMs: 1 },
    differences: [],
    answered: [{ container: 'app', request: 'GET :80/', answer }],
    containers: Object.entries(containers).map(([name, seen]) => ({
      name,
      refused: [],
      mounts: [],
      layout,
      user: { uid: 0, gid: 0, from: 'image' },
      exitCode: undefined,
      logs: '',
      ...seen,
    })) as unknown as ContainerObservation[],
  };
}

const before = observation('HTTP 200', { app: {} });

test('the same answers and nothing refused: it works', () => {
  assert.deepEqual(judgeTrial(before, before), { works: true, reason: undefined, refused: [] });
});

test('not ready: the reason, with what was refused', () => {
  const { works, reason } = judgeTrial(
    before,
    observation('nothing', { app: { refused: [refused('/srv/x')] } }, 'container app exited with code 1'),
  );
  assert.equal(works, false);
  assert.equal(reason, 'container app exited with code 1: app was refused to write /srv/x: cannot create /srv/x');
});

test('not ready and nothing refused: the last words of the one that ended', () => {
  const ended = { app: { exitCode: 1, logs: 'starting\nbind() to 0.0.0.0:80 failed (13: Permission denied)\n' } };
  const { reason } = judgeTrial(before, observation('nothing', ended, 'container app exited with code 1'));
  assert.equal(reason, 'container app exited with code 1: bind() to 0.0.0.0:80 failed (13: Permission denied)');
});

test('another answer than before: it does not work, although it is ready', () => {
  const { works, reason } = judgeTrial(before, observation('HTTP 500', { app: {} }));
  assert.equal(works, false);
  assert.equal(reason, 'app answered HTTP 200 to GET :80/ before, and HTTP 500 now');
});

test('a refused write: it does not work, although it runs on', () => {
  assert.equal(judgeTrial(before, observation('HTTP 200', { app: { refused: [refused('/srv/x')] } })).works, false);
});

test('what was refused before as well does not count', () => {
  const always = observation('HTTP 200', { app: { refused: [refused('/srv/x', 'EACCES')] } });
  assert.equal(judgeTrial(always, always).works, true);
  const another = observation('HTTP 200', { app: { refused: [refused('/srv/x', 'EROFS')] } });
  assert.equal(judgeTrial(always, another).works, true, 'whatever the reason');
});

test('what the kernel and the runtime refuse counts as well: it worked before', () => {
  for (const path of ['/dev/foo', '/etc/hosts', '/proc/self/oom_score_adj']) {
    assert.equal(
      judgeTrial(before, observation('HTTP 200', { app: { refused: [refused(path, 'EACCES')] } })).works,
      false,
    );
  }
});

test('a refusal inside a writable volume counts: the user may not write there', () => {
  const mounts = [{ mountPath: '/data', readOnly: false, volumeKind: 'emptyDir' }] as unknown as Seen['mounts'];
  const trial = observation('HTTP 200', { app: { refused: [refused('/data/x', 'EACCES')], mounts: mounts ?? [] } });
  assert.equal(judgeTrial(before, trial).works, false);
});

test('only the containers that failed step down, and the end of the ladder is said', () => {
  const containers = [{ name: 'app' }, { name: 'helper' }].map((one) => ({
    ...one,
    settings: { runAsUser: { value: undefined }, runAsGroup: { value: undefined } },
  }));
  const two = observation('HTTP 200', { app: {}, helper: { exitCode: 3 } });
  let ladders = laddersOf({ containers } as never, two);
  const blamed = troubled(two, judgeTrial(before, two));
  assert.deepEqual(blamed, ['helper']);
  const rungs: number[][] = [];
  for (let next = stepDown(ladders, blamed); next; next = stepDown(ladders, blamed)) {
    ladders = next;
    rungs.push([...ladders.values()].map(({ rung }) => rung));
  }
  assert.deepEqual(rungs, [
    [0, 1],
    [0, 2],
  ]);
});
