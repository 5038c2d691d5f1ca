/** Capabilities beyond the default set, each with what it can do to a read-only root. */
import { capabilityName } from '../workload/settings.ts';
import { listOf, objectOr } from '../workload/value.ts';
import { CAPABILITY_POWERS, DEFAULT_CAPABILITIES, type Power, UNKNOWN_POWER } from './capability-powers.ts';
import type { ContainerControl, Subject, Violation } from './control.ts';
import { cis, podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const ALLOWED: ReadonlySet<string> = new Set(DEFAULT_CAPABILITIES);
const CEL_NAMES = DEFAULT_CAPABILITIES.map((name) => `'${name}'`).join(', ');

const control: ContainerControl = {
  id: 'added-capabilities',
  on: 'container',
  title: 'No powerful capability is added',
  why: `\`CAP_SYS_ADMIN\` alone undoes a read-only root: it remounts it. \`privileged\` is not needed for that. Others reach the
same end through the kernel (\`SYS_MODULE\`, \`SYS_RAWIO\`) or the host's files (\`DAC_READ_SEARCH\`); those two ways are
shut where the pod has its own user namespace (\`hostUsers: false\`). Kubernetes gives added capabilities to uid 0 only:
they are not ambient, so a non-root user has none in effect until a setuid-root program or a program with file
capabilities gives them back. Names count as Pod Security reads them: in capitals and without \`CAP_\`.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    cis('5.2.9'),
    podSecurity('baseline'),
    technique('T1611', 'Escape to Host'),
    { title: 'capabilities(7)', url: 'https://man7.org/linux/man-pages/man7/capabilities.7.html' },
  ],
  aliases: [
    'Checkov: CKV_K8S_25',
    'Checkov: CKV_K8S_39',
    'Gatekeeper: K8sPSPCapabilities',
    'Kubescape: C-0046',
    'Kyverno: disallow-capabilities',
    'Polaris: dangerousCapabilities',
    'Trivy: KSV-0005',
    'Trivy: KSV-0022',
    'Trivy: KSV-0119',
    'Trivy: KSV-0120',
  ],
  podSecurity: ['capabilities_baseline', 'capabilities_restricted'],
  check(subject) {
    const setting = subject.container.settings.capabilitiesAdd;
    if (setting.value.length === 0) return [];
    const written = listOf(objectOr(objectOr(subject.container.spec.securityContext).capabilities).add);
    const violations: Violation[] = [];
    for (const [index, raw] of written.entries()) {
      if (typeof raw !== 'string') continue;
      if (ALLOWED.has(raw)) continue;
      const capability = capabilityName(raw);
      const spelling: Violation['args'] = ALLOWED.has(capability) ? { written: raw } : {};
      violations.push({
        path: [...setting.path, index],
        verdict: undoes(subject, CAPABILITY_POWERS.get(capability)) ? 'bypassable' : 'immutable',
        args: { capability, ...spelling, ...userArgs(subject.user) },
      });
    }
    return violations;
  },
  phrase: 'a powerful capability is added',
  message(args) {
    if (args.written !== undefined)
      return `${args.written} is written in a form that Pod Security does not know and runtimes read differently: write ${args.capability}.`;
    const { does, undoesRoot } = CAPABILITY_POWERS.get(String(args.capability)) ?? UNKNOWN_POWER;
    const effect = args.mayBeRoot || undoesRoot === undefined ? '' : `; ${asUser(args)} it is not in effect`;
    return `${args.capability} ${does}${effect}.`;
  },
  fix: { kind: 'needs-evidence', describe: 'Remove the capability where the application works without it.' },
  cel:
    '!has(c.securityContext) || !has(c.securityContext.capabilities) || !has(c.securityContext.capabilities.add) || ' +
    `c.securityContext.capabilities.add.all(name, name in [${CEL_NAMES}])`,
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
        capabilities:
          drop: [ALL]
          add:
            - CHOWN
            - SYS_ADMIN # <-
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
          add: [NET_BIND_SERVICE]
`,
};

/** Whether the capability, in the hands of this user, makes the root writable again. */
function undoes({ workload, user }: Subject, power: Power | undefined): boolean {
  if (power?.undoesRoot === undefined || !user.mayBeRoot) return false;
  return power.undoesRoot === 'always' || workload.podSpec.hostUsers !== false;
}

export default control;
