/** An emptyDir without a limit takes the disk of its node. */
import { isObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { kubernetes, technique } from './references.ts';

const control: PodControl = {
  id: 'empty-dir-size-limit',
  on: 'pod',
  title: 'Every emptyDir has a size limit',
  why: `What stays writable should be small. Without \`sizeLimit\` an emptyDir grows until the disk of the node is full, or, with
\`medium: Memory\`, its memory, and other pods are evicted. It has nothing to do with the root filesystem, and most good
manifests have none, so only \`strict\` reports it; \`harden\` writes one from what it saw. A pod that exceeds its limit is evicted.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('emptyDir', 'concepts/storage/volumes/#emptydir'),
    technique('T1499', 'Endpoint Denial of Service'),
  ],
  aliases: ['Kyverno: add-emptydir-sizelimit', 'Kyverno: require-emptydir-requests-and-limits'],
  check({ workload }) {
    const violations: Violation[] = [];
    for (const [index, volume] of listOf(workload.podSpec.volumes).entries()) {
      if (!isObject(volume) || !isObject(volume.emptyDir)) continue;
      const { sizeLimit, medium } = objectOr(volume.emptyDir);
      if (sizeLimit !== undefined && sizeLimit !== null) continue;
      const args = { volume: textOf(volume.name) ?? '(no name)', memory: medium === 'Memory' };
      violations.push({
        path: [...workload.podSpecPath, 'volumes', index, 'emptyDir', 'sizeLimit'],
        verdict: 'immutable',
        args,
      });
    }
    return violations;
  },
  phrase: 'an emptyDir has no size limit',
  message: ({ volume, memory }) =>
    `The emptyDir ${volume} has no \`sizeLimit\`: it may fill the ${memory ? 'memory' : 'disk'} of the node.`,
  fix: { kind: 'needs-evidence', describe: 'Set a `sizeLimit` well above what the application was seen to write.' },
  cel: '!has(spec.volumes) || spec.volumes.all(v, !has(v.emptyDir) || has(v.emptyDir.sizeLimit))',
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
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir: {} # <-
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
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
`,
};

export default control;
