/** A key that Kubernetes does not know sets nothing. */
import { strayFields } from '../workload/stray-fields.ts';
import type { PodControl } from './control.ts';
import { kubernetes } from './references.ts';
import { strayViolation, strayWords } from './stray-words.ts';

const control: PodControl = {
  id: 'unknown-field',
  on: 'pod',
  title: 'Every key is one that Kubernetes knows',
  why: `A key that Kubernetes does not know is refused with strict validation and dropped without it: the pod that runs is not the
one that the manifest describes. Settings for protection among them are found by \`misplaced-field\`; this is about all others.
Looked for in Kubernetes' own kinds only; others may have keys of their own.`,
  verdict: 'immutable',
  level: 'strict',
  references: [kubernetes('field validation', 'reference/using-api/api-concepts/#field-validation')],
  aliases: ['KubeLinter: schema-validation'],
  check({ workload }) {
    const stray = strayFields(workload);
    return stray.length === 0 ? [] : stray.filter(({ security }) => !security).map(strayViolation);
  },
  phrase: 'a key means nothing to Kubernetes',
  message: strayWords,
  fix: { kind: 'needs-human', why: 'Only its author knows what was meant.' },
  cel: { impossible: 'The API server drops what it does not know before any policy sees the object.' },
  bad: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      automountServiceAccountToken: false
      terminationGracePeriod: 30 # <- terminationGracePeriodSeconds
      securityContext:
        runAsNonRoot: true
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
`,
  good: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
      containers:
        - name: web
          image: registry.example/web:1
          securityContext:
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities:
              drop: [ALL]
`,
};

export default control;
