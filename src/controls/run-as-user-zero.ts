/** uid 0 written into a manifest, whether or not a container overrides it. */
import type { PodControl, Violation } from './control.ts';
import { USER_NAMESPACE_RELAXED } from './pod-security.ts';
import { podSecurity, technique } from './references.ts';
import { everyContext, securityContexts } from './security-contexts.ts';

const control: PodControl = {
  id: 'run-as-user-zero',
  on: 'pod',
  title: 'No runAsUser is 0',
  why: `\`runAsUser: 0\` of the pod is inherited by every container that says nothing, by the one that is added tomorrow too. What it
makes of the containers of today is the business of \`run-as-non-root\`; this is the rule of the Pod Security level
restricted, which since 1.35 lets a pod with its own user namespace (\`hostUsers: false\`) be root in it.`,
  verdict: 'immutable',
  level: 'strict',
  references: [podSecurity('restricted'), technique('T1611', 'Escape to Host')],
  aliases: ['Kyverno: require-run-as-non-root-user', 'Trivy: KSV-0105'],
  podSecurity: ['runAsUser'],
  check({ workload, target }) {
    if (workload.podSpec.hostUsers === false && target.minor >= USER_NAMESPACE_RELAXED) return [];
    const violations: Violation[] = [];
    for (const { who, values, path } of securityContexts(workload))
      if (values.runAsUser === 0)
        violations.push({ path: [...path, 'runAsUser'], verdict: 'immutable', args: { who } });
    return violations;
  },
  phrase: 'runAsUser is 0',
  message: ({ who }) => `${who} sets \`runAsUser: 0\`, which is root.`,
  fix: { kind: 'needs-evidence', describe: "Set a user as which the application works: the image's own, or 65532." },
  cel:
    'has(spec.hostUsers) && !spec.hostUsers || ' +
    everyContext((context) => `!has(${context}.runAsUser) || ${context}.runAsUser != 0`),
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsUser: 0 # <- the container overrides it
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsUser: 1000
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
        runAsUser: 1000
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
