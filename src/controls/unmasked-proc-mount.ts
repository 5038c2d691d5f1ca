/** An unmasked /proc gives uid 0 the settings of the host. */
import type { ContainerControl } from './control.ts';
import { USER_NAMESPACE_RELAXED } from './pod-security.ts';
import { podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'unmasked-proc-mount',
  on: 'container',
  title: '/proc is masked',
  why: `With \`procMount: Unmasked\` the runtime leaves /proc/sys and the other dangerous parts of /proc writable. uid 0 then
changes settings of the host, and \`kernel.core_pattern\` is a program that the host's kernel runs outside of every
container. Kubernetes accepts the field only with \`hostUsers: false\`, where those settings belong to a user that the
container does not have; older clusters with the feature gate accepted it without.`,
  verdict: 'bypassable',
  level: 'minimal',
  references: [podSecurity('baseline'), technique('T1611', 'Escape to Host')],
  aliases: [
    'Gatekeeper: K8sPSPProcMount',
    'KubeLinter: unsafe-proc-mount',
    'Kyverno: disallow-proc-mount',
    'Polaris: procMount',
    'Trivy: KSV-0027',
  ],
  podSecurity: ['procMount', 'procMount_restricted'],
  check({ workload, container, user, target }) {
    const setting = container.settings.procMount;
    if (setting.value === 'Default') return [];
    const userNamespace = workload.podSpec.hostUsers === false;
    if (userNamespace && target.minor >= USER_NAMESPACE_RELAXED) return [];
    const verdict = user.mayBeRoot && !userNamespace ? 'bypassable' : 'immutable';
    return [{ path: setting.path, verdict, args: { procMount: setting.value, userNamespace, ...userArgs(user) } }];
  },
  phrase: '/proc is unmasked',
  message(args) {
    const what = `\`procMount: ${args.procMount}\``;
    if (args.userNamespace)
      return `${what} in a user namespace: the host's settings under /proc/sys still belong to the host.`;
    if (!args.mayBeRoot) return `${what} ${asUser(args)}: the settings under /proc/sys belong to root.`;
    return `${what} ${asUser(args)}: /proc/sys is writable, and with it the host's settings.`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Only containers that start containers of their own ask for it; whether they must is a decision.',
  },
  cel: "has(spec.hostUsers) && !spec.hostUsers || !has(c.securityContext) || !has(c.securityContext.procMount) || c.securityContext.procMount == 'Default'",
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
        runAsUser: 0
        procMount: Unmasked # <-
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
        procMount: Default
        capabilities:
          drop: [ALL]
`,
};

export default control;
