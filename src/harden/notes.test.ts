/** What is said of a workload that works: each warning and note by what it follows from. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../observe/observe.ts';
import type { Plan } from '../plan/plan.ts';
import type { Evidence, PathKind } from '../profile/evidence.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import type { Workload } from '../workload/workload.ts';
import { learn } from './knowledge.ts';
import { notesOf, type Said } from './notes.ts';
import type { Trial } from './run.ts';

const refused = (path: string): Evidence => ({
  collector: 'system-calls',
  path,
  what: 'refused',
  detail: 'openat',
  errno: 'EROFS',
});

interface Case {
  readonly writable?: Readonly<Record<string, PathKind>>;
  /** Mount path → kind of its volume. */
  readonly mounts?: Readonly<Record<string, string>>;
  readonly leftOut?: Plan['leftOut'];
  readonly changes?: Plan['changes'];
  readonly complaints?: readonly string[];
  readonly tolerated?: readonly Evidence[];
  readonly differences?: readonly string[];
  /** Paths that it wrote as it was. */
  readonly wrote?: readonly string[];
  readonly uid?: number;
  readonly name?: string;
  readonly namespace?: string;
}

function said({ writable = {}, mounts = {}, wrote = [], uid = 33, ...more }: Case): Said {
  const container = {
    name: 'app',
    user: { uid, gid: uid, from: 'trial' },
    mounts: Object.entries(mounts).map(([mountPath, volumeKind]) => ({ mountPath, volumeKind, readOnly: false })),
    evidence: wrote.map((path) => ({ ...refused(path), what: 'create', type: 'file' })),
    layout: {
      links: {},
      directories: {},
      resolve: (path: string) => path,
      directory: (path: string) =>
        path === '/root' ? shippedDirectory(2, { owner: { uid: 0, gid: 0, mode: 0o700 } }) : undefined,
    },
  };
  const observation = { differences: more.differences ?? [], containers: [container] } as unknown as Observation;
  const trial = {
    observation,
    verdict: {
      complaints: more.complaints ?? [],
      tolerated: (more.tolerated ?? []).map((evidence) => ({ container: 'app', evidence })),
    },
  } as unknown as Trial;
  const profile = {
    spec: {
      containers: [{ name: 'app', writable: Object.entries(writable).map(([path, kind]) => ({ path, kind })) }],
    },
  } as unknown as ImmutabilityProfile;
  const plan: Plan = { changes: more.changes ?? [], documents: [], leftOut: more.leftOut ?? [], obstacles: [] };
  const containers = [{ name: 'app', path: ['spec', 'containers', 0] }];
  const workload = { name: more.name ?? 'db', namespace: more.namespace, containers } as unknown as Workload;
  return notesOf({ workload, profile, trial, learned: learn(new Map(), observation), plan });
}

const template = { op: 'add', path: ['spec', 'volumeClaimTemplates', '-'], value: {}, because: '' } as const;
const closed = (path: string) => ({ container: 'app', path, because: 'on purpose' });

const table: readonly (readonly [string, Case, readonly string[], readonly string[]])[] = [
  ['nothing', {}, [], []],
  [
    'state on an emptyDir',
    {
      writable: { '/var/lib/app': 'state', '/run': 'scratch' },
      mounts: { '/var/lib/app': 'emptyDir', '/run': 'emptyDir' },
    },
    [
      'app keeps state in /var/lib/app: on an emptyDir it is LOST when the pod is replaced. Use a StatefulSet, or --state claim',
    ],
    [],
  ],
  [
    'state in a claim',
    { writable: { '/var/lib/app': 'state' }, mounts: { '/var/lib/app': 'persistentVolumeClaim' } },
    [],
    [],
  ],
  [
    'claim templates',
    { changes: [template] },
    [
      'volumeClaimTemplates of a StatefulSet that exists cannot be changed: where it runs already, `kubectl delete statefulset db --cascade=orphan` first (its pods go on running), then apply',
    ],
    [],
  ],
  [
    'claim templates in a namespace',
    { changes: [template], namespace: 'data' },
    [
      'volumeClaimTemplates of a StatefulSet that exists cannot be changed: where it runs already, `kubectl delete statefulset db --namespace data --cascade=orphan` first (its pods go on running), then apply',
    ],
    [],
  ],
  [
    'the command is safe to paste, whatever the name is',
    { changes: [template], name: '$(touch x)', namespace: "it's" },
    [
      "volumeClaimTemplates of a StatefulSet that exists cannot be changed: where it runs already, `kubectl delete statefulset '$(touch x)' --namespace 'it'\\''s' --cascade=orphan` first (its pods go on running), then apply",
    ],
    [],
  ],
  [
    'complaints, four at most',
    { complaints: ['a', 'b', 'c', 'd', 'e'] },
    ['a', 'b', 'c', 'd'].map(
      (line) => `it answers as before, but logs what it did not log before, whatever was tried: ${line}`,
    ),
    [],
  ],
  [
    'configuration',
    { writable: { '/etc/app': 'configuration' } },
    [],
    ['app writes its configuration in /etc/app: it stays mutable, and lasts as long as the pod'],
  ],
  [
    'another start than its author wrote',
    {
      changes: [
        { op: 'add', path: ['spec', 'containers', 0, 'workingDir'], value: '/petrify-work', because: 'one' },
        {
          op: 'add',
          path: ['spec', 'containers', 0, 'command'],
          value: ['sh', '-c', 'rm -f /run/x; exec "$0"'],
          because: 'two',
        },
        { op: 'add', path: ['spec', 'initContainers', 0, 'command'], value: ['sh', '-c', 'ours'], because: 'three' },
      ],
    },
    [],
    [
      'app starts in /petrify-work now: one; files there last as long as the pod',
      'app is started through a shell now (rm -f /run/x; exec "$0"): two',
    ],
  ],
  [
    'what was left out, and nothing of it twice',
    { leftOut: [closed('/usr/lib/app')], tolerated: [refused('/usr/lib/app/x.pyc')] },
    [],
    ['app wrote into /usr/lib/app as it was, and works without: on purpose'],
  ],
  [
    'what lies beside what was left out is said',
    { leftOut: [closed('/usr/lib/app')], tolerated: [refused('/usr/lib/app2/x')] },
    [],
    [
      'app wrote into /usr/lib/app as it was, and works without: on purpose',
      'app was refused to change /usr/lib/app2/x, said nothing of it, and works without',
    ],
  ],
  [
    'the root that was left out stands for its own files alone',
    { leftOut: [closed('/')], tolerated: [refused('/core'), refused('/proc/self/x')] },
    [],
    [
      'app wrote into / as it was, and works without: on purpose',
      'app was refused to change /proc/self/x, said nothing of it, and works without',
    ],
  ],
  [
    'many refusals, four by name, each once',
    { tolerated: ['/a', '/b', '/c', '/d', '/e', '/f', '/a'].map(refused) },
    [],
    ['app was refused to change /a, /b, /c, /d and 2 more, said nothing of it, and works without'],
  ],
  [
    'where its user cannot get to',
    { wrote: ['/root/.cache/x'] },
    [],
    ['app wrote into /root/.cache as it was; user 33 cannot get there, and no refusal was logged'],
  ],
  ['where root gets to', { wrote: ['/root/.cache/x'], uid: 0 }, [], []],
  ['what the sandbox could not give', { differences: ['no DNS'] }, [], ['no DNS']],
];

for (const [name, given, warnings, notes] of table)
  test(name, () => assert.deepEqual(said(given), { warnings, notes }));
