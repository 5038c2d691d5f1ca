/** A seccomp profile that filters nothing, asked for in words. */
import { isObject, objectOr, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { cis, hardeningGuide, kubernetes, podSecurity } from './references.ts';
import { everyContext, securityContexts } from './security-contexts.ts';

const FILTERS: ReadonlySet<unknown> = new Set(['RuntimeDefault', 'Localhost']);

const control: PodControl = {
  id: 'unconfined-seccomp',
  on: 'pod',
  title: 'No seccomp profile is Unconfined',
  why: `With \`seccompProfile: {type: Unconfined}\` every system call reaches the kernel: \`mount\`, \`unshare\`, \`keyctl\`, \`bpf\` …, most
of the calls by which containers were left so far. The root filesystem stays as it is, so the verdict does too. What the pod
says counts even where each container says otherwise: the next container inherits it.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    cis('5.7.2'),
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    kubernetes('seccomp', 'tutorials/security/seccomp/'),
  ],
  aliases: ['Gatekeeper: K8sPSPSeccomp', 'Gatekeeper: K8sPSPSeccompV2', 'Kyverno: restrict-seccomp', 'Trivy: KSV-0104'],
  podSecurity: ['seccompProfile_baseline', 'seccompProfile_restricted'],
  check({ workload }) {
    const violations: Violation[] = [];
    for (const { who, values, path } of securityContexts(workload)) {
      if (!isObject(values.seccompProfile)) continue;
      const { type } = objectOr(values.seccompProfile);
      if (FILTERS.has(type)) continue;
      const args = { who, type: textOf(type) ?? '(no type)' };
      violations.push({ path: [...path, 'seccompProfile', 'type'], verdict: 'immutable', args });
    }
    return violations;
  },
  phrase: 'seccomp is unconfined',
  message: ({ who, type }) => `${who} has the seccomp profile ${type}: no system call is filtered.`,
  fix: {
    kind: 'needs-evidence',
    describe: 'Set `seccompProfile: {type: RuntimeDefault}`; few applications need more.',
  },
  cel: everyContext(
    (context) => `!has(${context}.seccompProfile) || ${context}.seccompProfile.type in ['RuntimeDefault', 'Localhost']`,
  ),
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
        seccompProfile:
          type: Unconfined # <-
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
        seccompProfile:
          type: RuntimeDefault
`,
};

export default control;
