/** The host's network: no way into the root filesystem, but to services that trust the node. */
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, podSecurity, technique } from './references.ts';

const control: ContainerControl = {
  id: 'host-network',
  on: 'container',
  title: "The pod does not share the host's network",
  why: `With \`hostNetwork: true\` the container reaches what listens only on the node itself, and abstract sockets of the
node's programs. It does not make the root filesystem writable by itself, so the verdict stays as it is.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    cis('5.2.5'),
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    technique('T1046', 'Network Service Discovery'),
  ],
  aliases: [
    'Checkov: CKV_K8S_19',
    'Gatekeeper: K8sPSPHostNetworkingPorts',
    'KubeLinter: host-network',
    'Kubescape: C-0041',
    'Kyverno: disallow-host-namespaces',
    'Polaris: hostNetworkSet',
    'Trivy: KSV-0009',
  ],
  podSecurity: ['hostNamespaces'],
  check({ workload }) {
    if (workload.podSpec.hostNetwork !== true) return [];
    return [{ path: [...workload.podSpecPath, 'hostNetwork'], verdict: 'immutable', args: {} }];
  },
  phrase: "shares the host's network",
  message: () => '`hostNetwork: true`: services of the node that trust its own address are in reach.',
  fix: { kind: 'needs-human', why: 'Network plugins and node agents need it; nothing else should.' },
  cel: '!has(spec.hostNetwork) || !spec.hostNetwork',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  hostNetwork: true # <-
  containers:
    - name: agent
      image: registry.example/agent:1
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
  name: agent
spec:
  hostNetwork: false
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
