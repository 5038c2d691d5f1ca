/** A writable volume in which dropped programs can be executed, where the cluster could forbid it. */
import { listOf, objectOr } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { technique } from './references.ts';

/** The first version that has the field. */
const SINCE = 37;

const control: ContainerControl = {
  id: 'executable-scratch',
  on: 'container',
  title: 'Writable volumes are mounted noexec',
  why: `A read-only root leaves the volumes as the only place to drop a program, and \`bindMountOptions: [noexec]\` of the mount (alpha in
Kubernetes 1.37, feature gate \`VolumeBindMountOptions\`) keeps it from being executed there; a script still runs through its
interpreter. An older cluster drops the field and a runtime without it refuses the pod, so it is asked for only where the
version of the cluster was stated.`,
  verdict: 'immutable',
  level: 'strict',
  references: [technique('T1105', 'Ingress Tool Transfer'), technique('T1059.004', 'Unix Shell')],
  aliases: [],
  check({ container, target }) {
    if (!target.stated || target.minor < SINCE) return [];
    const violations: Violation[] = [];
    const written = listOf(container.spec.volumeMounts);
    for (const { path, mountPath, readOnly, volumeKind } of container.mounts) {
      if (readOnly || volumeKind === undefined) continue;
      if (listOf(objectOr(written[path.at(-1) as number]).bindMountOptions).includes('noexec')) continue;
      violations.push({
        path: [...path, 'bindMountOptions'],
        verdict: 'immutable',
        args: { mountPath, kind: volumeKind },
      });
    }
    return violations;
  },
  phrase: 'programs can be run from a volume',
  message: ({ mountPath, kind }) =>
    `${mountPath} (${kind}) is writable and executable: a program that is dropped there can be run.`,
  fix: {
    kind: 'needs-evidence',
    describe: 'Add `bindMountOptions: [noexec]` where the nodes support it and nothing is executed there.',
  },
  cel: {
    impossible:
      'Where the cluster has no such field an expression cannot name it, and only the target says whether it does.',
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
        - name: tmp # <-
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
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
          bindMountOptions: [noexec]
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
`,
  exampleTarget: { minor: 37, stated: true },
};

export default control;
