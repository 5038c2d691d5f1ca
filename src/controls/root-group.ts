/** gid 0 opens what images leave to the group of root. */

import { listOf, objectOr } from '../workload/value.ts';
import type { ContainerControl } from './control.ts';
import { hardeningGuide, kubernetes } from './references.ts';
import { CEL_NOT_WINDOWS, windowsAt } from './windows.ts';

const control: ContainerControl = {
  id: 'root-group',
  on: 'container',
  title: 'The container does not run in the group of root',
  why: `Where \`runAsGroup\` is missing, the image's own passwd file decides the group, and a uid that is not in it gets gid 0; so
does a \`fsGroup\` or \`supplementalGroups\` of 0. Files that belong to root and that its group may read or write are open then:
images for OpenShift leave whole directories writable to gid 0 on purpose. Below a read-only root nothing of them can be
written, and /dev is closed to the group, so it is hygiene, and only \`strict\` reports it. \`harden\` writes the number.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
    hardeningGuide('non-root containers'),
  ],
  aliases: [
    'Gatekeeper: K8sPSPAllowedUsers',
    'Gatekeeper: K8sPSPFSGroup',
    'Kubescape: C-0013',
    'Kyverno: require-non-root-groups',
    'Kyverno: validate-userid-groupid-fsgroup',
    'Trivy: KSV-0116',
    'kube-score: container-security-context-user-group-id',
  ],
  check({ workload, container }) {
    if (windowsAt(workload, container) !== undefined) return [];
    const { runAsGroup } = container.settings;
    if (runAsGroup.value === undefined || runAsGroup.value === 0) {
      const args = { field: 'runAsGroup', missing: runAsGroup.value === undefined };
      return [{ path: runAsGroup.path, verdict: 'immutable', args }];
    }
    const { fsGroup, supplementalGroups } = objectOr(workload.podSpec.securityContext);
    const field = fsGroup === 0 ? 'fsGroup' : listOf(supplementalGroups).includes(0) ? 'supplementalGroups' : undefined;
    if (field === undefined) return [];
    const path = [...workload.podSpecPath, 'securityContext', field];
    return [{ path, verdict: 'immutable', args: { field, missing: false } }];
  },
  phrase: 'may run in the group of root',
  message({ field, missing }) {
    if (missing)
      return "`runAsGroup` is not set: the image's passwd decides the group, and it is 0 for a uid that is not in it.";
    return `\`${field}\` gives gid 0: what belongs to the group of root is open to the container.`;
  },
  fix: {
    kind: 'needs-evidence',
    describe: 'Set a `runAsGroup` other than 0 with which the application works, and no other group 0.',
  },
  cel:
    `!(${CEL_NOT_WINDOWS}) || (` +
    '(has(c.securityContext) && has(c.securityContext.runAsGroup) ? c.securityContext.runAsGroup != 0 : ' +
    'has(spec.securityContext) && has(spec.securityContext.runAsGroup) && spec.securityContext.runAsGroup != 0) && ' +
    '(!has(spec.securityContext) || ((!has(spec.securityContext.fsGroup) || spec.securityContext.fsGroup != 0) && ' +
    '(!has(spec.securityContext.supplementalGroups) || spec.securityContext.supplementalGroups.all(g, g != 0)))))',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        runAsUser: 1000
        runAsGroup: 0 # <-
        capabilities:
          drop: [ALL]
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        runAsUser: 1000
        runAsGroup: 1000
        capabilities:
          drop: [ALL]
`,
};

export default control;
