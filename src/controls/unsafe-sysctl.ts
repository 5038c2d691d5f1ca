/** Kernel settings of a pod beyond those that end at the pod. */
import { isObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { kubernetes, podSecurity } from './references.ts';

/** Safe sysctls with the minor version that made them so; 0: always. */
const SAFE: ReadonlyMap<string, number> = new Map([
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
  ['net.ipv4.tcp_notsent_lowat', 37],
  ['net.ipv4.tcp_slow_start_after_idle', 37],
]);

const control: PodControl = {
  id: 'unsafe-sysctl',
  on: 'pod',
  title: 'Every sysctl of the pod is a safe one',
  why: `A safe sysctl ends at the pod. Any other may reach the node and its other pods, and the kubelet refuses the pod unless
the node was told to allow it. Which are safe depends on the version: the list grew in 1.27, 1.29, 1.32 and 1.37. The root
filesystem stays as it is.`,
  verdict: 'immutable',
  level: 'standard',
  references: [podSecurity('baseline'), kubernetes('sysctls', 'tasks/administer-cluster/sysctl-cluster/')],
  aliases: [
    'Gatekeeper: K8sPSPForbiddenSysctls',
    'KubeLinter: unsafe-sysctls',
    'Kyverno: restrict-sysctls',
    'Trivy: KSV-0026',
  ],
  podSecurity: ['sysctls'],
  check({ workload, target }) {
    const violations: Violation[] = [];
    for (const [index, sysctl] of listOf(objectOr(workload.podSpec.securityContext).sysctls).entries()) {
      if (!isObject(sysctl)) continue;
      const name = textOf(sysctl.name) ?? '(no name)';
      const since = SAFE.get(name);
      if (since !== undefined && target.minor >= since) continue;
      const path = [...workload.podSpecPath, 'securityContext', 'sysctls', index, 'name'];
      violations.push({ path, verdict: 'immutable', args: { name, since: since ?? 0 } });
    }
    return violations;
  },
  phrase: 'an unsafe sysctl is set',
  message({ name, since }) {
    if (since !== 0) return `The sysctl ${name} is a safe one only since Kubernetes 1.${since}.`;
    return `The sysctl ${name} is not a safe one: it may reach beyond the pod, and most nodes refuse it.`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Whether the application needs the setting, or the node should have it, is a decision.',
  },
  cel:
    '!has(spec.securityContext) || !has(spec.securityContext.sysctls) || ' +
    `spec.securityContext.sysctls.all(s, s.name in [${[...SAFE.keys()].map((name) => `'${name}'`).join(', ')}])`,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    sysctls:
      - name: kernel.msgmax # <-
        value: '65536'
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
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    sysctls:
      - name: net.ipv4.ip_unprivileged_port_start
        value: '0'
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
