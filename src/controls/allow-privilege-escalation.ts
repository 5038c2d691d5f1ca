/** A setuid-root program in the image makes uid 0 of any user, unless privilege escalation is forbidden. */
import { hasAdded } from '../workload/capabilities.ts';
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, kubernetes, podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';
import { CEL_EXEMPT, isExempt } from './windows.ts';

const control: ContainerControl = {
  id: 'allow-privilege-escalation',
  on: 'container',
  title: 'Privilege escalation is forbidden',
  why: `\`allowPrivilegeEscalation\` is true unless it is set to false. A non-root user then becomes uid 0 through a setuid-root
program of the image (\`su\`, \`mount\`, \`sudo\` …), and uid 0 writes and executes in /dev; in a privileged container, or with
\`SYS_ADMIN\`, it also remounts the root. Precondition: such a program is in the image and can be made to do it; whether
that is so cannot be read from the manifest, and unknown is never good. For a container that runs as uid 0 nothing is
gained, so there the finding changes nothing.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
    cis('5.2.6'),
    podSecurity('restricted'),
    hardeningGuide('pod security enforcement'),
    technique('T1548.001', 'Setuid and Setgid'),
  ],
  aliases: [
    'Checkov: CKV_K8S_20',
    'Gatekeeper: K8sPSPAllowPrivilegeEscalationContainer',
    'KubeLinter: privilege-escalation-container',
    'Kubescape: C-0016',
    'Kyverno: disallow-privilege-escalation',
    'Polaris: privilegeEscalationAllowed',
    'Trivy: KSV-0001',
  ],
  podSecurity: ['allowPrivilegeEscalation'],
  check(subject) {
    const { container, user } = subject;
    const { settings } = container;
    const { value, from, path } = settings.allowPrivilegeEscalation;
    if (!value || isExempt(subject)) return [];
    return [
      {
        path,
        verdict: user.uid === 0 ? 'immutable' : 'bypassable',
        args: { ...userArgs(user), written: from !== 'default', remount: hasAdded(settings, 'SYS_ADMIN') },
      },
    ];
  },
  phrase: 'privilege escalation is allowed',
  message(args) {
    const how = args.written
      ? '`allowPrivilegeEscalation: true`'
      : '`allowPrivilegeEscalation` is not set, and its default is true';
    if (args.uid === 0) return `${how}; ${asUser(args)} there is nothing more to gain.`;
    const end = args.remount ? 'which remounts the root' : 'which writes and executes in /dev';
    return `${how}: a setuid-root program in the image, if there is one, gives uid 0, ${end}.`;
  },
  fix: {
    kind: 'needs-evidence',
    describe:
      'Set `allowPrivilegeEscalation: false`; only an application that calls setuid programs (sudo, ping) needs more.',
  },
  cel:
    `${CEL_EXEMPT} || ` +
    'has(c.securityContext) && has(c.securityContext.allowPrivilegeEscalation) && !c.securityContext.allowPrivilegeEscalation',
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
        allowPrivilegeEscalation: true # <-
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
