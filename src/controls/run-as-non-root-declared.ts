/** `runAsNonRoot: true` in words, as Pod Security at level restricted wants it. */
import { objectOr } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { USER_NAMESPACE_RELAXED } from './pod-security.ts';
import { cis, kubernetes, podSecurity } from './references.ts';
import { everyContainer } from './security-contexts.ts';

const control: PodControl = {
  id: 'run-as-non-root-declared',
  on: 'pod',
  title: 'runAsNonRoot is set to true',
  why: `A \`runAsUser\` other than 0 already keeps a container from running as root, which is all that \`run-as-non-root\` asks. Pod
Security at level restricted wants \`runAsNonRoot: true\` as well, for the pod or for each container, and nowhere false; since
1.35 not in a pod with its own user namespace (\`hostUsers: false\`).`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    cis('5.2.7'),
    podSecurity('restricted'),
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
  ],
  aliases: ['Kyverno: require-run-as-nonroot', 'Trivy: KSV-0012'],
  podSecurity: ['runAsNonRoot'],
  check({ workload, target }) {
    const { podSpec, podSpecPath, containers } = workload;
    if (podSpec.hostUsers === false && target.minor >= USER_NAMESPACE_RELAXED) return [];
    const violations: Violation[] = [];
    const ofPod = objectOr(podSpec.securityContext).runAsNonRoot;
    const add = (who: string, path: Violation['path'], written: boolean): void => {
      violations.push({
        path: [...path, 'securityContext', 'runAsNonRoot'],
        verdict: 'immutable',
        args: { who, written },
      });
    };
    if (ofPod === false) add('The pod', podSpecPath, true);
    for (const { name, spec, path } of containers) {
      const own = objectOr(spec.securityContext).runAsNonRoot;
      if (own === false) add(`Container ${name}`, path, true);
      else if (own !== true && ofPod !== true) add(`Container ${name}`, path, false);
    }
    return violations;
  },
  phrase: 'runAsNonRoot is not set to true',
  message: ({ who, written }) =>
    written ? `${who} sets \`runAsNonRoot: false\`.` : `${who} has no \`runAsNonRoot: true\`, and neither has the pod.`,
  fix: { kind: 'needs-evidence', describe: 'Set `runAsNonRoot: true` with a user as which the application works.' },
  cel:
    'has(spec.hostUsers) && !spec.hostUsers || ' +
    '(!has(spec.securityContext) || !has(spec.securityContext.runAsNonRoot) || spec.securityContext.runAsNonRoot) && ' +
    everyContainer(
      '(has(x.securityContext) && has(x.securityContext.runAsNonRoot) ? x.securityContext.runAsNonRoot : ' +
        'has(spec.securityContext) && has(spec.securityContext.runAsNonRoot) && spec.securityContext.runAsNonRoot)',
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
        runAsUser: 1000
        runAsNonRoot: false # <-
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
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
`,
};

export default control;
