/** A setting for protection that stands where Kubernetes does not read it protects nobody. */
import { strayFields } from '../workload/stray-fields.ts';
import type { PodControl } from './control.ts';
import { kubernetes } from './references.ts';
import { strayViolation, strayWords } from './stray-words.ts';

const control: PodControl = {
  id: 'misplaced-field',
  on: 'pod',
  title: 'Every setting for protection stands in its place',
  why: `A container's \`securityContext\` and that of the pod know different fields, and a misspelt one is no field at all. The API
server refuses a field that it does not know only where the client asks for strict validation, as kubectl does; for other
clients it drops the field and creates the pod without it. Upper and lower case count. What is written looks like protection
to everybody who reads the manifest, and is none. Looked for in Kubernetes' own kinds only; others may have keys of their own.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    kubernetes('field validation', 'reference/using-api/api-concepts/#field-validation'),
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
  ],
  aliases: ['KubeLinter: schema-validation'],
  check({ workload }) {
    const stray = strayFields(workload);
    return stray.length === 0 ? [] : stray.filter(({ security }) => security).map(strayViolation);
  },
  phrase: 'a security setting is not read',
  message: strayWords,
  fix: { kind: 'needs-human', why: 'Only its author knows which setting was meant, and for which containers.' },
  cel: { impossible: 'The API server drops what it does not know before any policy sees the object.' },
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
    allowPrivilegeEscalation: false # <- a container's field
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  automountServiceAccountToken: false
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
