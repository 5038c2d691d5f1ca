/** Where nobody names a seccomp profile, the node decides, and nodes filter nothing unless told to. */
import { isObject, objectOr } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { cis, hardeningGuide, kubernetes, podSecurity } from './references.ts';
import { everyContainer } from './security-contexts.ts';
import { CEL_EXEMPT, isExempt } from './windows.ts';

const control: PodControl = {
  id: 'missing-seccomp-profile',
  on: 'pod',
  title: 'Every container has a seccomp profile',
  why: `Kubernetes runs a container without a profile as \`Unconfined\`, unless the kubelet of its node was started with
\`seccompDefault\`; the manifest cannot say which. \`harden\` writes \`RuntimeDefault\`. The root filesystem stays as it is.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    cis('5.7.2'),
    podSecurity('restricted'),
    hardeningGuide('pod security enforcement'),
    kubernetes('seccomp', 'tutorials/security/seccomp/'),
  ],
  aliases: [
    'Checkov: CKV_K8S_31',
    'Gatekeeper: K8sPSPSeccomp',
    'Gatekeeper: K8sPSPSeccompV2',
    'Kubescape: C-0055',
    'Kyverno: restrict-seccomp-strict',
    'Polaris: linuxHardening',
    'Trivy: KSV-0030',
    'kube-score: container-seccomp-profile',
  ],
  podSecurity: ['seccompProfile_restricted'],
  check(subject) {
    const { podSpec, containers } = subject.workload;
    if (isExempt(subject) || isObject(objectOr(podSpec.securityContext).seccompProfile)) return [];
    const violations: Violation[] = [];
    for (const { name, spec, path } of containers) {
      if (isObject(objectOr(spec.securityContext).seccompProfile)) continue;
      violations.push({
        path: [...path, 'securityContext', 'seccompProfile'],
        verdict: 'immutable',
        args: { container: name },
      });
    }
    return violations;
  },
  phrase: 'no seccomp profile',
  message: ({ container }) =>
    `Neither the pod nor container ${container} names a seccomp profile: the node decides, by default Unconfined.`,
  fix: { kind: 'needs-evidence', describe: 'Set `seccompProfile: {type: RuntimeDefault}` for the pod.' },
  cel:
    `${CEL_EXEMPT} || has(spec.securityContext) && has(spec.securityContext.seccompProfile) || ` +
    `(${everyContainer('(has(x.securityContext) && has(x.securityContext.seccompProfile))')})`,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext: # <- names no profile
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
