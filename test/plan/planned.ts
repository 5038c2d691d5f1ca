/** Any workload with any plan for it, for the laws of the renderings: not only what today's planner asks for. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Path } from '../../src/manifest/document.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import type { Change } from '../../src/plan/change.ts';
import type { PlannedWorkload } from '../../src/plan/patched-object.ts';
import { findWorkloads } from '../../src/workload/find.ts';

const names = ['web', 'log', 'db-1'] as const;
const name = fc.constantFrom(...names);
const subset = <T>(item: (name: string) => T): fc.Arbitrary<T[]> =>
  fc.uniqueArray(name, { maxLength: 3 }).map((chosen) => chosen.map(item));

/** A key that is missing, null, or has one of the values. */
const maybe = <T>(value: fc.Arbitrary<T>) =>
  fc.option(fc.oneof({ weight: 6, arbitrary: value }, fc.constant(null)), { nil: undefined });

const securityContext = fc.record(
  {
    privileged: fc.boolean(),
    runAsUser: fc.nat(9),
    capabilities: fc.record({ add: fc.constant(['SYS_ADMIN']), drop: fc.constant(['all']) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

const mounts = (volumes: readonly string[]) =>
  fc
    .uniqueArray(fc.constantFrom('/a', '/b', '/c~d/e'), { maxLength: 3 })
    .map((paths) =>
      paths.map((mountPath, index) => ({ mountPath, name: volumes[index % Math.max(1, volumes.length)] ?? 'none' })),
    );

const container = (own: string) =>
  fc
    .record({
      env: maybe(
        fc
          .uniqueArray(fc.constantFrom('A', 'B', 'C'), { maxLength: 3 })
          .map((all) => all.map((one) => ({ name: one, value: '1' }))),
      ),
      ports: maybe(
        fc.constantFrom(
          [],
          [{ containerPort: 80 }],
          [
            { containerPort: 53, protocol: 'UDP' },
            { containerPort: 53, protocol: 'TCP' },
          ],
        ),
      ),
      args: maybe(fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 })),
      securityContext: maybe(securityContext),
      volumeMounts: maybe(mounts(names)),
    })
    .map((fields) => defined({ name: own, image: 'example.org/app:1', ...fields }));

const containers = (least: number) =>
  fc.uniqueArray(name, { minLength: least, maxLength: 3 }).chain((chosen) => fc.tuple(...chosen.map(container)));

const podSpec = fc
  .record({
    initContainers: maybe(containers(0)),
    containers: containers(1),
    volumes: maybe(
      fc.oneof(
        subset((one) => ({ name: one, emptyDir: {} })),
        subset((one) => ({ name: one, hostPath: { path: '/x' } })),
      ),
    ),
    securityContext: maybe(
      fc.record({ fsGroup: fc.nat(9), sysctls: fc.constant([{ name: 'a', value: '1' }]) }, { requiredKeys: [] }),
    ),
    automountServiceAccountToken: maybe(fc.boolean()),
  })
  .map(defined);

/** Keys that are undefined are no keys of a manifest. */
function defined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

const template = (spec: unknown) => ({ metadata: { labels: { app: 'x' } }, spec });
const KINDS: Readonly<Record<string, (spec: unknown) => Record<string, unknown>>> = {
  'v1/Pod': (spec) => ({ spec }),
  'apps/v1/Deployment': (spec) => ({ spec: { selector: { matchLabels: { app: 'x' } }, template: template(spec) } }),
  'apps/v1/StatefulSet': (spec) => ({
    spec: { selector: { matchLabels: { app: 'x' } }, serviceName: 'x', template: template(spec) },
  }),
  'batch/v1/CronJob': (spec) => ({ spec: { schedule: '@daily', jobTemplate: { spec: { template: template(spec) } } } }),
  'argoproj.io/v1alpha1/Rollout': (spec) => ({ spec: { template: template(spec) } }),
};

const anyObject = fc
  .record({
    kind: fc.constantFrom(...Object.keys(KINDS)),
    podSpec,
    namespace: fc.option(fc.constant('shop'), { nil: undefined }),
  })
  .map(({ kind, podSpec: spec, namespace }) => {
    const [, apiVersion, word] = /^(.*)\/([^/]+)$/.exec(kind)!;
    const metadata = namespace === undefined ? { name: 'app' } : { name: 'app', namespace };
    return { apiVersion, kind: word, metadata, ...KINDS[kind]!(spec) };
  });

const because = fc.constantFrom('it works without', 'scratch: "a: b" # seen', 'state: /x');
const FIELDS: Readonly<Record<string, unknown>> = {
  privileged: false,
  runAsUser: 65532,
  readOnlyRootFilesystem: true,
  seccompProfile: { type: 'RuntimeDefault' },
  capabilities: { drop: ['ALL'] },
  seLinuxOptions: { level: '0644', user: 'y' },
};

/** A change below the pod spec (or beside it), of every kind that a plan may ask for. */
function changesOf(object: Record<string, unknown>, podSpecPath: Path, own: readonly Path[]): fc.Arbitrary<Change[]> {
  const at = (path: Path, op: 'add' | 'remove', more: fc.Arbitrary<unknown> = fc.constant(undefined)) =>
    fc.record({ op: fc.constant(op), path: fc.constant(path), value: more, because });
  const inContainer = fc.constantFrom(...own);
  const fresh = fc.constantFrom('new-1', 'new-2');
  const volume = fc.record({ name: fresh, emptyDir: fc.constant({ sizeLimit: '64Mi' }) });
  const kinds: fc.Arbitrary<Change>[] = [
    inContainer.chain((path) =>
      fc
        .constantFrom(...Object.keys(FIELDS))
        .chain((key) => at([...path, 'securityContext', key], 'add', fc.constant(FIELDS[key]))),
    ),
    inContainer.chain((path) => at([...path, 'securityContext', 'capabilities', 'drop'], 'add', fc.constant(['ALL']))),
    inContainer.chain((path) => at([...path, 'securityContext', 'capabilities', 'add'], 'remove')),
    inContainer.chain((path) => at([...path, 'securityContext'], 'remove')),
    inContainer.chain((path) =>
      at([...path, 'volumeMounts', '-'], 'add', fc.record({ name: fresh, mountPath: fc.constantFrom('/n', '/m') })),
    ),
    inContainer.chain((path) =>
      at([...path, 'env', '-'], 'add', fc.record({ name: fresh, value: fc.constant('$(A)') })),
    ),
    inContainer.chain((path) => at([...path, 'args', '-'], 'add', fc.constantFrom('--x', 'y'))),
    inContainer.chain((path) => at([...path, 'workingDir'], 'add', fc.constant('/n'))),
    inContainer.chain((path) => at([...path, 'command'], 'add', fc.constant(['/bin/x']))),
    at([...podSpecPath, 'volumes', '-'], 'add', volume),
    at([...podSpecPath, 'securityContext', 'sysctls', '-'], 'add', fc.constant({ name: 'b', value: '0' })),
    at([...podSpecPath, 'securityContext', 'fsGroup'], 'add', fc.constant(65532)),
    at([...podSpecPath, 'automountServiceAccountToken'], 'add', fc.boolean()),
    at(
      [...podSpecPath, 'initContainers', '-'],
      'add',
      fresh.map((one) => ({ name: one, image: 'i' })),
    ),
    at(
      [...podSpecPath, 'initContainers', 0],
      'add',
      fresh.map((one) => ({ name: one, image: 'i', args: ['y'] })),
    ),
    at([...podSpecPath, 'volumes', 0], 'remove'),
    at([...podSpecPath, 'volumes'], 'remove'),
    at(['metadata', 'annotations', 'a/b~c'], 'add', fc.constant('x')),
  ];
  if (object.kind === 'StatefulSet')
    kinds.push(
      at(
        ['spec', 'volumeClaimTemplates', '-'],
        'add',
        fresh.map((one) => ({ metadata: { name: one }, spec: {} })),
      ),
    );
  return fc.array(fc.oneof(...kinds), { minLength: 1, maxLength: 8 });
}

export interface AnyPlan {
  /** JSON, which every reader takes. */
  readonly text: string;
  readonly planned: PlannedWorkload;
}

export function workloadIn(text: string, file = 'app.json') {
  const { documents, unreadable } = readDocuments({ file, text });
  assert.deepEqual(unreadable, []);
  return documents.flatMap(findWorkloads);
}

/** A workload with changes that fit it; the same volume twice, a mount path twice and the like are passed over. */
export const anyPlan: fc.Arbitrary<AnyPlan> = anyObject
  .chain((object) => {
    const text = JSON.stringify(object, null, 2);
    const workload = workloadIn(text)[0]!;
    // An insertion into the init containers would move what later paths mean.
    const own = workload.containers.filter(({ role }) => role === 'main').map(({ path }) => path);
    return changesOf(object, workload.podSpecPath, own).map((changes) => ({ text, planned: { workload, changes } }));
  })
  .filter(({ planned: { changes } }) => {
    const added = changes.flatMap(({ op, path, value: item }) =>
      op === 'add' && (path.at(-1) === '-' || path.at(-1) === 0)
        ? [JSON.stringify([path.slice(0, -1), identityOf(item)])]
        : [],
    );
    return new Set(added).size === added.length;
  });

function identityOf(item: unknown): unknown {
  const { mountPath, name: own, metadata } = Object(item);
  return mountPath ?? own ?? metadata ?? item;
}
