/** An exception of a workload that does not hold: without a reason, expired, or for a control or container that is not there. */
import { exceptionsOf } from '../workload/exceptions.ts';
import type { PodControl } from './control.ts';
import { exceptionProblem, exceptionWords } from './exception-words.ts';
import { kubernetes } from './references.ts';

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    petrify.dev/ignore.host-network: EXCEPTION
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`;

const control: PodControl = {
  id: 'exception',
  on: 'pod',
  title: 'Every exception of a workload has a reason and holds',
  why: `The annotation \`petrify.dev/ignore.CONTROL: "reason until=YYYY-MM-DD"\` accepts what a control finds. Without a reason
nobody can later say whether it is still right; past its day, or with a date that cannot be read, it accepts nothing any more;
and one for a control or a container that does not exist never did. People would go on believing in it.`,
  verdict: 'immutable',
  level: 'standard',
  references: [kubernetes('annotations', 'concepts/overview/working-with-objects/annotations/')],
  aliases: [],
  check({ workload, today, controls }) {
    const containers = new Set(workload.containers.map(({ name }) => name));
    return exceptionsOf(workload).flatMap((one) => {
      const args = exceptionProblem(one, { today, controls, containers });
      return args === undefined ? [] : [{ path: one.path, verdict: 'immutable' as const, args }];
    });
  },
  phrase: 'an exception does not hold',
  message: exceptionWords,
  fix: { kind: 'needs-human', why: 'Only a person can give the reason, or decide that it is still right.' },
  cel: { impossible: 'CEL in admission has no clock, so it cannot say that a day is past.' },
  bad: POD.replace('EXCEPTION', '"until=2027-01-31" # <- no reason'),
  good: POD.replace('EXCEPTION', '"speaks to the node\'s agent, until=2027-01-31"'),
};

export default control;
