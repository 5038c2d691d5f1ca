/** A promise not to escalate that privileged and SYS_ADMIN take back. */
import { hasAdded } from '../workload/capabilities.ts';
import type { ContainerControl } from './control.ts';
import { kubernetes, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'forced-privilege-escalation',
  on: 'container',
  title: 'What forbids privilege escalation holds',
  why: `Kubernetes documents \`allowPrivilegeEscalation\` as always true for a privileged container and for one with \`SYS_ADMIN\`.
The API server refuses most of such manifests; what it lets through protects less than it says. Precondition: a setuid-root
program in the image, and a user that is not root already.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
    technique('T1548.001', 'Setuid and Setgid'),
  ],
  aliases: [],
  check({ container, user }) {
    const { settings } = container;
    const { value, path } = settings.allowPrivilegeEscalation;
    if (value || !hasAdded(settings, 'SYS_ADMIN')) return [];
    const by = settings.privileged.value ? 'privileged' : 'SYS_ADMIN';
    return [{ path, verdict: user.uid === 0 ? 'immutable' : 'bypassable', args: { ...userArgs(user), by } }];
  },
  phrase: 'privilege escalation is not forbidden',
  message(args) {
    const how = `\`allowPrivilegeEscalation: false\` does not hold with ${args.by}`;
    if (args.uid === 0) return `${how}; ${asUser(args)} there is nothing more to gain.`;
    return `${how}: a setuid-root program in the image, if there is one, gives uid 0, which remounts the root.`;
  },
  fix: {
    kind: 'needs-evidence',
    describe: 'Remove `privileged` and the capability where the application works without.',
  },
  cel:
    '!has(c.securityContext) || !has(c.securityContext.allowPrivilegeEscalation) || c.securityContext.allowPrivilegeEscalation || ' +
    '(!has(c.securityContext.privileged) || !c.securityContext.privileged) && ' +
    '(!has(c.securityContext.capabilities) || !has(c.securityContext.capabilities.add) || ' +
    "!c.securityContext.capabilities.add.exists(name, name.upperAscii() in ['SYS_ADMIN', 'CAP_SYS_ADMIN', 'ALL', 'CAP_ALL']))",
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
        allowPrivilegeEscalation: false # <-
        capabilities:
          drop: [ALL]
          add: [SYS_ADMIN]
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
