/** The laws of weighing: levels are nested, failing is monotone, and nothing that is accepted or left out changes a verdict. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { controls } from '../controls/index.ts';
import { LATEST } from '../controls/kubernetes-version.ts';
import { judge } from '../controls/verdict.ts';
import { documentFromValue } from '../manifest/read.ts';
import { controlsById, type WeighedWorkload } from '../report/check-result.ts';
import { findWorkloads } from '../workload/find.ts';
import { ledger, unused } from './ledger.ts';
import type { FailOn, RuleException, Rules } from './rules.ts';
import { fails, tallyWorkload } from './tally.ts';
import { weighWorkload } from './weigh.ts';

const controlOf = controlsById(controls);
const ids = controls.map(({ id }) => id);
const RULES: Rules = {
  level: 'standard',
  failOn: 'finding',
  target: LATEST,
  today: '2026-11-24',
  off: new Set(),
  exceptions: [],
  known: undefined,
};

const security = fc.record(
  {
    readOnlyRootFilesystem: fc.boolean(),
    privileged: fc.boolean(),
    runAsNonRoot: fc.boolean(),
    allowPrivilegeEscalation: fc.boolean(),
    capabilities: fc.constantFrom({ drop: ['ALL'] }, { add: ['SYS_ADMIN'] }),
  },
  { requiredKeys: [] },
);
const annotation = fc.tuple(
  fc.constantFrom(...ids).map((id) => `petrify.dev/ignore.${id}`),
  fc.constantFrom('a reason', 'a reason until=2027-01-31', 'gone until=2026-11-23', '', 'for one container=b'),
);
const pods = fc.record({
  contexts: fc.array(security, { minLength: 1, maxLength: 3 }),
  hostPID: fc.boolean(),
  annotations: fc.array(annotation, { maxLength: 4 }),
});
type Pod = typeof pods extends fc.Arbitrary<infer T> ? T : never;

function workloadOf({ contexts, hostPID, annotations }: Pod) {
  const containers = contexts.map((securityContext, index) => ({ name: 'abc'[index]!, image: 'x', securityContext }));
  const metadata = { name: 'web', annotations: Object.fromEntries(annotations) };
  const value = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { hostPID, containers } };
  return findWorkloads(documentFromValue('web.json', value))[0]!;
}

const weigh = (pod: Pod, rules: Partial<Rules>) =>
  weighWorkload(judge(workloadOf(pod), { today: RULES.today }), { ...RULES, ...rules }, controlOf);

const keys = ({ findings, containers }: WeighedWorkload, counting = false): string[] =>
  [
    ...findings.map((one) => ({ ...one, container: '' })),
    ...containers.flatMap((judged) => judged.findings.map((one) => ({ ...one, container: judged.container.name }))),
  ]
    .filter(({ standing }) => !counting || standing.kind === 'counts')
    .map(({ control, container, path }) => JSON.stringify([control, container, path]));

const isWithin = (some: Iterable<string>, all: ReadonlySet<string>) => [...some].every((one) => all.has(one));

const exception = fc.record({
  control: fc.constantFrom(...ids),
  reason: fc.constant('accepted'),
  file: fc.constant('petrify.yaml'),
  line: fc.constant(1),
}) as fc.Arbitrary<RuleException>;

test('levels are nested: a stricter one reports what the milder one does, and what is left out is counted', () => {
  fc.assert(
    fc.property(pods, (pod) => {
      const [minimal, standard, strict] = (['minimal', 'standard', 'strict'] as const).map((level) =>
        weigh(pod, { level }),
      );
      const [fewest, some, most] = [minimal, standard, strict].map((one) => new Set(keys(one!)));
      assert.ok(isWithin(fewest!, some!) && isWithin(some!, most!));
      assert.equal(strict!.belowLevel, 0);
      assert.equal(keys(minimal!).length + minimal!.belowLevel, keys(strict!).length);
    }),
  );
});

test('verdicts are what they are, whatever the level, the exceptions and the settings', () => {
  fc.assert(
    fc.property(pods, fc.array(exception), fc.subarray(ids), (pod, exceptions, off) => {
      const plain = weigh({ ...pod, annotations: [] }, { level: 'strict' });
      for (const level of ['minimal', 'standard', 'strict'] as const) {
        const other = weigh(pod, { level, exceptions, off: new Set(off) });
        assert.equal(other.verdict, plain.verdict);
        assert.deepEqual(
          other.containers.map(({ verdict }) => verdict),
          plain.containers.map(({ verdict }) => verdict),
        );
      }
    }),
  );
});

test('who fails on less fails on more; an exception never makes more count', () => {
  const order: FailOn[] = ['never', 'mutable', 'bypassable', 'finding'];
  fc.assert(
    fc.property(pods, fc.array(exception), (pod, exceptions) => {
      const tally = tallyWorkload(weigh(pod, { exceptions }));
      const failing = order.map((failOn) => fails(tally, failOn));
      assert.deepEqual(failing, [...failing].sort());
      assert.equal(failing[0], false);
      assert.ok(isWithin(keys(weigh(pod, { exceptions }), true), new Set(keys(weigh(pod, {}), true))));
    }),
  );
});

test('what was recorded is known: nothing counts any more, one more does, and what went is said', () => {
  const known = { file: 'known.json', root: process.cwd(), counts: new Map<string, number>() };
  fc.assert(
    fc.property(pods, (pod) => {
      const judged = judge(workloadOf(pod), { today: RULES.today });
      const recorded = ledger();
      weighWorkload(judged, { ...RULES, known }, controlOf, recorded);
      const counts = recorded.found;
      const again = ledger();
      const rules = { ...RULES, known: { ...known, counts } };
      assert.deepEqual(keys(weighWorkload(judged, rules, controlOf, again), true), []);
      assert.deepEqual(unused(rules, again), []);
      const [first] = counts.keys();
      if (first === undefined) return;
      const fewer = new Map(counts).set(first, counts.get(first)! - 1);
      assert.equal(
        keys(weighWorkload(judged, { ...rules, known: { ...known, counts: fewer } }, controlOf), true).length,
        1,
      );
      const more = { ...rules, known: { ...known, counts: new Map(counts).set(first, counts.get(first)! + 2) } };
      assert.match(unused(more, again)[0]!.message, /^2 known findings are gone$/);
    }),
  );
});

test('an exception for one container leaves the others and the pod as they are', () => {
  const pod: Pod = {
    contexts: [{}, {}],
    hostPID: false,
    annotations: [['petrify.dev/ignore.read-only-root-filesystem', 'for one container=b']],
  };
  const standings = weigh(pod, {}).containers.map(
    ({ findings }) => findings.find(({ control }) => control === 'read-only-root-filesystem')!.standing.kind,
  );
  assert.deepEqual(standings, ['counts', 'excepted']);
});

test('an exception holds on its last day and not after it', () => {
  const pod: Pod = {
    contexts: [{}],
    hostPID: false,
    annotations: [['petrify.dev/ignore.read-only-root-filesystem', 'a reason until=2027-01-31']],
  };
  const standing = (today: string) =>
    weigh(pod, { today }).containers[0]!.findings.find(({ control }) => control === 'read-only-root-filesystem')!
      .standing.kind;
  assert.deepEqual([standing('2027-01-31'), standing('2027-02-01')], ['excepted', 'counts']);
});
