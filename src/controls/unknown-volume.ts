/** A volume of a kind that Kubernetes does not have: nobody knows what it mounts. */
import { isKnownKind } from '../workload/mounts.ts';
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes } from './references.ts';

const control: ContainerControl = {
  id: 'unknown-volume',
  on: 'container',
  title: 'Every volume is of a known kind',
  why: `The key beside a volume's name says what is mounted: \`emptyDir\`, \`configMap\`, \`hostPath\` … Of a kind that is not among
those, a typing error or one of a later Kubernetes, it cannot be said what it shows and who can write it, and unknown is
never good. The API server refuses the pod, or drops the key and mounts a writable emptyDir.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [kubernetes('volumes', 'concepts/storage/volumes/')],
  aliases: [],
  check({ container }) {
    const violations: Violation[] = [];
    for (const { volumeKind: kind, volumePath, mountPath } of container.mounts) {
      if (kind === undefined || volumePath === undefined || isKnownKind(kind)) continue;
      violations.push({ path: [...volumePath, kind], verdict: 'bypassable', args: { kind, mountPath } });
    }
    return violations;
  },
  phrase: 'a volume of an unknown kind is mounted',
  message: (args) =>
    `unknown: ${args.mountPath} is a volume of the kind \`${args.kind}\`, which Petrify does not know; it may be anything.`,
  fix: { kind: 'needs-human', why: 'Only its author knows which kind was meant.' },
  cel: {
    impossible:
      'The API server knows every kind that it accepts, and refuses or drops any other before a policy sees it.',
  },
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
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
      volumeMounts:
        - name: scratch
          mountPath: /tmp
  volumes:
    - name: scratch
      emptyDirectory: {} # <- not emptyDir
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
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
      volumeMounts:
        - name: scratch
          mountPath: /tmp
  volumes:
    - name: scratch
      emptyDir: {}
`,
};

export default control;
