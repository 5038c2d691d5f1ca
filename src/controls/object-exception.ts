/** An exception of an object that makes no pods, a Role or a Namespace, that does not hold. */
import { exceptionsAt } from '../workload/exceptions.ts';
import type { ObjectControl } from './control.ts';
import { exceptionProblem, exceptionWords } from './exception-words.ts';
import { kubernetes } from './references.ts';

const NAMESPACE = `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    pod-security.kubernetes.io/enforce: restricted
  annotations:
    petrify.dev/ignore.host-network: EXCEPTION
`;

const NO_CONTAINERS: ReadonlySet<string> = new Set();

const control: ObjectControl = {
  id: 'object-exception',
  on: 'object',
  kinds: ['ClusterRole', 'Namespace', 'Role'],
  title: 'Every exception of an object has a reason and holds',
  why: `The annotation \`petrify.dev/ignore.CONTROL: "reason until=YYYY-MM-DD"\` of a Role or a Namespace accepts what a control
finds in it, and so does one of the settings file. Without a reason nobody can later say whether it is still right; past its day, or with a date that cannot
be read, it accepts nothing any more.`,
  verdict: 'immutable',
  level: 'standard',
  references: [kubernetes('annotations', 'concepts/overview/working-with-objects/annotations/')],
  aliases: [],
  check({ object, today, controls }) {
    return exceptionsAt(object.document.value, [...object.objectPath, 'metadata', 'annotations']).flatMap((one) => {
      const args = exceptionProblem(one, { today, controls, containers: NO_CONTAINERS });
      return args === undefined ? [] : [{ path: one.path, verdict: 'immutable' as const, args }];
    });
  },
  phrase: 'an exception does not hold',
  message: exceptionWords,
  fix: { kind: 'needs-human', why: 'Only a person can give the reason, or decide that it is still right.' },
  cel: { impossible: 'CEL in admission has no clock, so it cannot say that a day is past.' },
  bad: NAMESPACE.replace('EXCEPTION', '"until=2027-01-31" # <- no reason'),
  good: NAMESPACE.replace('EXCEPTION', '"an old cluster, until=2027-01-31"'),
};

export default control;
