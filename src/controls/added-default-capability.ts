/** Capabilities of the runtime's default set, added back to a container. */
import { listOf, objectOr } from '../workload/value.ts';
import { DEFAULT_CAPABILITIES } from './capability-powers.ts';
import type { ContainerControl, Violation } from './control.ts';
import { cis, podSecurity } from './references.ts';
import { CEL_EXEMPT, isExempt } from './windows.ts';

const ALLOWED = 'NET_BIND_SERVICE';
const OTHERS = DEFAULT_CAPABILITIES.filter((name) => name !== ALLOWED);
const SPARE: ReadonlySet<unknown> = new Set(OTHERS);

const control: ContainerControl = {
  id: 'added-default-capability',
  on: 'container',
  title: 'No capability is added but NET_BIND_SERVICE',
  why: `A container that drops ALL and adds back \`CHOWN\` or \`SETUID\` has less than one that drops nothing, and none of the default
capabilities undoes a read-only root. The Pod Security level restricted allows \`NET_BIND_SERVICE\` alone: whatever else is
added should be known to be needed. Capabilities beyond the default set are \`added-capabilities\`.`,
  verdict: 'immutable',
  level: 'strict',
  references: [cis('5.2.10'), podSecurity('restricted')],
  aliases: ['Kyverno: disallow-capabilities-strict', 'Trivy: KSV-0106'],
  podSecurity: ['capabilities_restricted'],
  check(subject) {
    if (isExempt(subject)) return [];
    const { spec, settings } = subject.container;
    const violations: Violation[] = [];
    for (const [index, name] of listOf(objectOr(objectOr(spec.securityContext).capabilities).add).entries()) {
      if (typeof name !== 'string' || !SPARE.has(name)) continue;
      violations.push({ path: [...settings.capabilitiesAdd.path, index], verdict: 'immutable', args: { name } });
    }
    return violations;
  },
  phrase: 'a default capability is added',
  message: ({ name }) => `${name} is added: Pod Security at level restricted allows NET_BIND_SERVICE only.`,
  fix: { kind: 'needs-evidence', describe: 'Remove the capability where the application works without it.' },
  cel:
    `${CEL_EXEMPT} || !has(c.securityContext) || !has(c.securityContext.capabilities) || !has(c.securityContext.capabilities.add) || ` +
    `!c.securityContext.capabilities.add.exists(name, name in [${OTHERS.map((name) => `'${name}'`).join(', ')}])`,
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
          drop: [ALL]
          add: [CHOWN] # <-
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

export default control;
