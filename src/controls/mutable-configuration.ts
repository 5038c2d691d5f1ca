/** A ConfigMap or Secret that is mounted and not immutable changes the files of running containers. */
import type { ObjectControl } from './control.ts';
import { kubernetes, technique } from './references.ts';

const control: ObjectControl = {
  id: 'mutable-configuration',
  on: 'object',
  kinds: ['ConfigMap', 'Secret'],
  asksForMounts: true,
  title: 'Mounted configuration is immutable',
  why: `The kubelet writes a changed ConfigMap or Secret into the containers that mount it, within a minute or two, whatever their
root filesystem is. Who may edit the object changes files of running containers without touching a pod, and a script or a
library path among them is code. With \`immutable: true\` a change needs a new object and new pods. Mounts with a \`subPath\` and
variables of the environment do not follow, and an object that nothing here mounts is not reported.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('immutable ConfigMaps', 'concepts/configuration/configmap/#configmap-immutable'),
    kubernetes('immutable Secrets', 'concepts/configuration/secret/#secret-immutable'),
    technique('T1565.001', 'Stored Data Manipulation'),
  ],
  aliases: [],
  check({ object, mountedBy }) {
    const [first] = mountedBy;
    if (first === undefined || object.value.immutable === true) return [];
    const args = { kind: object.kind, by: first, more: mountedBy.length - 1 };
    return [{ path: [...object.objectPath, 'immutable'], verdict: 'immutable', args }];
  },
  phrase: 'mounted configuration may change',
  message({ kind, by, more }) {
    const others = more === 0 ? '' : ` and ${more} more`;
    return `Mounted by ${by}${others}, which see every change of this ${kind} while they run: it is not \`immutable: true\`.`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Some applications reload it on purpose; else set `immutable: true` and give each version a name of its own.',
  },
  cel: { impossible: 'Who mounts it stands in other objects, which the API server does not show to an expression.' },
  bad: `apiVersion: v1 # <-
kind: ConfigMap
metadata:
  name: web
data:
  reload.sh: exec web
---
apiVersion: v1
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
      volumeMounts:
        - name: config
          mountPath: /config
  volumes:
    - name: config
      configMap:
        name: web
`,
  good: `apiVersion: v1
kind: ConfigMap
metadata:
  name: web-1
immutable: true
data:
  reload.sh: exec web
---
apiVersion: v1
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
      volumeMounts:
        - name: config
          mountPath: /config
  volumes:
    - name: config
      configMap:
        name: web-1
`,
};

export default control;
