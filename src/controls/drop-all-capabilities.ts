/** Least privilege: a container drops every capability and adds back what it needs. */
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, podSecurity } from './references.ts';

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
    'Polaris: insecureCapabilities',
    'Trivy: KSV-0003',
  ],
  check({ container }) {
    const { capabilitiesDrop, privileged } = container.settings;
    if (capabilitiesDrop.value.includes('ALL')) return [];
    const dropped = capabilitiesDrop.value.length;
    return [{ path: capabilitiesDrop.path, verdict: 'immutable', args: { dropped, privileged: privileged.value } }];
  },
  phrase: 'not all capabilities are dropped',
  message(args) {
    if (args.privileged) return 'No `drop: [ALL]`; privileged gives every capability anyway.';
    if (args.dropped === 0) return "No `drop: [ALL]`: the container keeps the runtime's default capabilities.";
    return `\`capabilities.drop\` names ${args.dropped} but not ALL: the other default capabilities stay.`;
  },
  fix: { kind: 'needs-evidence', describe: 'Drop ALL and add back only what the application was seen to need.' },
  cel:
    'has(c.securityContext) && has(c.securityContext.capabilities) && has(c.securityContext.capabilities.drop) && ' +
    "c.securityContext.capabilities.drop.exists(name, name.upperAscii() in ['ALL', 'CAP_ALL'])",
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
