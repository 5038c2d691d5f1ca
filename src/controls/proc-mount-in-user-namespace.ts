/** An unmasked /proc of a pod that has its own user namespace. */
import type { ContainerControl } from './control.ts';
import { USER_NAMESPACE_RELAXED } from './pod-security.ts';
import { kubernetes, podSecurity } from './references.ts';

const control: ContainerControl = {
  id: 'proc-mount-in-user-namespace',
  on: 'container',
  title: '/proc is masked in a user namespace too',
  why: `With \`hostUsers: false\` the settings under /proc/sys belong to a user that the container does not have, so
\`procMount: Unmasked\` does not give them away, and since 1.35 the Pod Security level baseline accepts it there. More of the
kernel is in reach all the same, and restricted refuses it.`,
  verdict: 'immutable',
  level: 'strict',
  references: [podSecurity('restricted'), kubernetes('user namespaces', 'concepts/workloads/pods/user-namespaces/')],
  aliases: [],
  podSecurity: ['procMount_restricted'],
  check({ workload, container, target }) {
    const { value, path } = container.settings.procMount;
    if (value === 'Default' || workload.podSpec.hostUsers !== false || target.minor < USER_NAMESPACE_RELAXED) return [];
    return [{ path, verdict: 'immutable', args: { procMount: value } }];
  },
  phrase: '/proc is unmasked in a user namespace',
  message: ({ procMount }) =>
    `\`procMount: ${procMount}\` in a user namespace: the settings of the host stay out of reach, more of the kernel does not.`,
  fix: {
    kind: 'needs-human',
    why: 'Only containers that start containers of their own ask for it; whether they must is a decision.',
  },
  cel: "!has(spec.hostUsers) || spec.hostUsers || !has(c.securityContext) || !has(c.securityContext.procMount) || c.securityContext.procMount == 'Default'",
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostUsers: false
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
        procMount: Unmasked # <-
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostUsers: false
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
