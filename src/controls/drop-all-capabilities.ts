/** Least privilege: a container drops every capability and adds back what it needs. */
import { listOf, objectOr } from '../workload/value.ts';
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, podSecurity } from './references.ts';
import { CEL_EXEMPT, isExempt } from './windows.ts';

const control: ContainerControl = {
  id: 'drop-all-capabilities',
  on: 'container',
  title: 'All capabilities are dropped',
  why: `Without \`drop: [ALL]\` uid 0 keeps the runtime's fourteen default capabilities, among them \`DAC_OVERRIDE\` (write to
files of any owner on its volumes), \`MKNOD\` and \`NET_RAW\`. None of them makes a read-only root writable, so the verdict
stays as it is; they widen what can be done on the volumes that remain writable.`,
  verdict: 'immutable',
  level: 'standard',
  references: [cis('5.2.8'), cis('5.2.10'), podSecurity('restricted'), hardeningGuide('pod security enforcement')],
  aliases: [
    'Checkov: CKV_K8S_28',
    'Checkov: CKV_K8S_37',
    'Gatekeeper: K8sPSPCapabilities',
    'KubeLinter: drop-net-raw-capability',
    'Kyverno: disallow-capabilities-strict',
    'Kyverno: drop-all-capabilities',
    'Kyverno: drop-cap-net-raw',
    'Kyverno: require-drop-all',
    'Kyverno: require-drop-cap-net-raw',
    'Polaris: insecureCapabilities',
    'Trivy: KSV-0003',
    'Trivy: KSV-0004',
  ],
  podSecurity: ['capabilities_restricted'],
  check(subject) {
    const { capabilitiesDrop, privileged } = subject.container.settings;
    if (listOf(objectOr(objectOr(subject.container.spec.securityContext).capabilities).drop).includes('ALL')) return [];
    if (isExempt(subject)) return [];
    const dropped = capabilitiesDrop.value.length;
    const spelled = capabilitiesDrop.value.includes('ALL');
    const args = { dropped, privileged: privileged.value, spelled };
    return [{ path: capabilitiesDrop.path, verdict: 'immutable', args }];
  },
  phrase: 'not all capabilities are dropped',
  message(args) {
    if (args.privileged) return 'No `drop: [ALL]`; privileged gives every capability anyway.';
    if (args.spelled) return 'All capabilities are dropped in a form that Pod Security does not know: write ALL.';
    if (args.dropped === 0) return "No `drop: [ALL]`: the container keeps the runtime's default capabilities.";
    return `\`capabilities.drop\` names ${args.dropped} but not ALL: the other default capabilities stay.`;
  },
  fix: { kind: 'needs-evidence', describe: 'Drop ALL and add back only what the application was seen to need.' },
  cel:
    `${CEL_EXEMPT} || ` +
    'has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.drop) && ' +
    "c.securityContext.capabilities.drop.exists(name, name == 'ALL')",
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
          drop: [NET_RAW] # <- not ALL
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
