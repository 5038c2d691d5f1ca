/** SELinux labels other than a container's own. */
import { isObject, objectOr, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { hardeningGuide, kubernetes, podSecurity } from './references.ts';
import { everyContext, securityContexts } from './security-contexts.ts';

const TYPES = ['container_t', 'container_init_t', 'container_kvm_t'];
const ENGINE = 'container_engine_t';
const ENGINE_SINCE = 31;

const control: PodControl = {
  id: 'selinux-options',
  on: 'pod',
  title: 'SELinux labels are those of containers',
  why: `On nodes with SELinux the type of a container's processes, \`container_t\`, may not touch the node's files even as uid 0. A
type such as \`spc_t\`, or a user or role of one's own, takes that net away. The root filesystem stays as it is.
\`container_engine_t\` is among the types of containers since Kubernetes 1.31.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
  ],
  aliases: ['Gatekeeper: K8sPSPSELinuxV2', 'Kyverno: disallow-selinux', 'Trivy: KSV-0025'],
  podSecurity: ['seLinuxOptions'],
  check({ workload, target }) {
    const violations: Violation[] = [];
    for (const { who, values, path } of securityContexts(workload)) {
      if (!isObject(values.seLinuxOptions)) continue;
      const options = objectOr(values.seLinuxOptions);
      for (const key of ['type', 'user', 'role']) {
        const value = textOf(options[key]);
        if (value === undefined) continue;
        if (key === 'type' && (TYPES.includes(value) || (value === ENGINE && target.minor >= ENGINE_SINCE))) continue;
        violations.push({ path: [...path, 'seLinuxOptions', key], verdict: 'immutable', args: { who, key, value } });
      }
    }
    return violations;
  },
  phrase: 'SELinux is loosened',
  message: ({ who, key, value }) => `${who} sets the SELinux ${key} ${value}, which is not that of a container.`,
  fix: {
    kind: 'needs-human',
    why: 'Whether the container must touch files of the node that are labelled otherwise is a decision.',
  },
  cel: everyContext((context) => {
    const options = `${context}.seLinuxOptions`;
    const types = ['', ...TYPES, ENGINE].map((type) => `'${type}'`).join(', ');
    const unset = (key: string): string => `(!has(${options}.${key}) || ${options}.${key} == '')`;
    return `!has(${options}) || (!has(${options}.type) || ${options}.type in [${types}]) && ${unset('user')} && ${unset('role')}`;
  }),
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
        seLinuxOptions:
          type: spc_t # <-
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
        seLinuxOptions:
          level: 's0:c1,c2'
`,
};

export default control;
