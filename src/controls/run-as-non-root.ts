/** uid 0 writes and executes in /dev, whatever the root filesystem says. */
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, podSecurity, technique } from './references.ts';
import { asUser, userArgs, whyUnknown } from './user-words.ts';

const control: ContainerControl = {
  id: 'run-as-non-root',
  on: 'container',
  title: 'The container does not run as root',
  why: `/dev is a tmpfs that belongs to uid 0, is mounted writable, and is not \`noexec\`. So uid 0 with a read-only root and
without a single capability still drops a program there and runs it. It also edits /etc/hosts. A non-root user can do
neither. \`runAsNonRoot: true\` is enough: the kubelet then refuses to start the container as uid 0. Where neither it nor
\`runAsUser\` is set, the image's USER decides, and what is not known counts as root.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    cis('5.2.7'),
    podSecurity('restricted'),
    hardeningGuide('non-root containers'),
    technique('T1105', 'Ingress Tool Transfer'),
  ],
  aliases: [
    'Checkov: CKV_K8S_23',
    'Gatekeeper: K8sPSPAllowedUsers',
    'KubeLinter: run-as-non-root',
    'Kubescape: C-0013',
    'Kyverno: require-run-as-nonroot',
    'Polaris: runAsRootAllowed',
    'Trivy: KSV-0012',
  ],
  check({ container, user }) {
    const { runAsUser, runAsNonRoot } = container.settings;
    if (runAsUser.value === undefined ? runAsNonRoot.value === true : runAsUser.value !== 0) return [];
    const path = runAsUser.value === 0 ? runAsUser.path : runAsNonRoot.path;
    const refused = runAsNonRoot.value === true;
    return [{ path, verdict: user.mayBeRoot ? 'bypassable' : 'immutable', args: { ...userArgs(user), refused } }];
  },
  phrase: 'may run as root',
  message(args) {
    if (args.refused)
      return '`runAsUser: 0` contradicts `runAsNonRoot: true`: the kubelet refuses to start the container.';
    if (!args.mayBeRoot) return `Runs ${asUser(args)}; only the image says so, and the next image may say otherwise.`;
    const what = 'can write to /dev and execute what it wrote there, read-only root or not.';
    return args.uid === 0
      ? `Runs ${asUser(args)}, which ${what}`
      : `Nothing rules out uid 0 (${whyUnknown(args)}), which ${what}`;
  },
  fix: {
    kind: 'needs-evidence',
    describe:
      "Set `runAsNonRoot: true` and a `runAsUser` with which the application works: the image's own user, or 65532.",
  },
  cel:
    'has(c.securityContext) && has(c.securityContext.runAsUser) ? c.securityContext.runAsUser != 0 : ' +
    'has(spec.securityContext) && has(spec.securityContext.runAsUser) ? spec.securityContext.runAsUser != 0 : ' +
    'has(c.securityContext) && has(c.securityContext.runAsNonRoot) ? c.securityContext.runAsNonRoot : ' +
    'has(spec.securityContext) && has(spec.securityContext.runAsNonRoot) && spec.securityContext.runAsNonRoot',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1
      securityContext: # <- says nothing of the user
        readOnlyRootFilesystem: true
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
