/** Any hostPath volume at all, mounted or not, read-only or not. */
import { isObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { cis, podSecurity, technique } from './references.ts';

const control: PodControl = {
  id: 'host-path-volume',
  on: 'pod',
  title: 'No volume is a directory of the node',
  why: `A hostPath ties a pod to its node and to what others leave there. What can be done with one is said by
\`writable-host-path\`, \`runtime-socket\`, \`node-credentials\` and \`host-device\`; this is the rule of the Pod Security level
baseline, which allows none, not even a read-only one.`,
  verdict: 'immutable',
  level: 'strict',
  references: [cis('5.2.12'), podSecurity('baseline'), technique('T1611', 'Escape to Host')],
  aliases: ['Gatekeeper: K8sPSPHostFilesystem', 'Kubescape: C-0048', 'Kyverno: disallow-host-path', 'Trivy: KSV-0023'],
  podSecurity: ['hostPathVolumes', 'restrictedVolumes'],
  check({ workload }) {
    const violations: Violation[] = [];
    for (const [index, volume] of listOf(workload.podSpec.volumes).entries()) {
      if (!isObject(volume) || !isObject(volume.hostPath)) continue;
      const args = {
        volume: textOf(volume.name) ?? '(no name)',
        hostPath: textOf(objectOr(volume.hostPath).path) ?? '(no path)',
      };
      violations.push({ path: [...workload.podSpecPath, 'volumes', index, 'hostPath'], verdict: 'immutable', args });
    }
    return violations;
  },
  phrase: 'a volume is a directory of the node',
  message: ({ volume, hostPath }) => `The volume ${volume} is the node's ${hostPath}.`,
  fix: {
    kind: 'needs-human',
    why: 'Whether the data must lie on the node, or belongs in an emptyDir or a claim, is a decision.',
  },
  cel: '!has(spec.volumes) || spec.volumes.all(v, !has(v.hostPath))',
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
        - name: logs
          mountPath: /logs
          readOnly: true
  volumes:
    - name: logs
      hostPath: # <- read-only as well
        path: /var/log/pods
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
        - name: config
          mountPath: /config
  volumes:
    - name: config
      configMap:
        name: web
`,
};

export default control;
