/** The host's shared memory and semaphores: no way into the root filesystem, but into other processes. */
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, podSecurity, technique } from './references.ts';

const control: ContainerControl = {
  id: 'host-ipc',
  on: 'container',
  title: "The pod does not share the host's IPC",
  why: `With \`hostIPC: true\` the container shares System V shared memory and semaphores with the processes of the node, and
its /dev/shm is the node's: what is written there outlives the container, and other pods see it. It does not make
the root filesystem writable by itself, so the verdict stays as it is.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    cis('5.2.4'),
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    technique('T1611', 'Escape to Host'),
  ],
  aliases: [
    'Checkov: CKV_K8S_18',
    'Gatekeeper: K8sPSPHostNamespace',
    'KubeLinter: host-ipc',
    'Kubescape: C-0038',
    'Kubescape: C-0276',
    'Kyverno: disallow-host-namespaces',
    'Polaris: hostIPCSet',
    'Trivy: KSV-0008',
  ],
  podSecurity: ['hostNamespaces'],
  check({ workload }) {
    if (workload.podSpec.hostIPC !== true) return [];
    return [{ path: [...workload.podSpecPath, 'hostIPC'], verdict: 'immutable', args: {} }];
  },
  phrase: "shares the host's IPC",
  message: () => "`hostIPC: true`: shared memory of the host's processes is in reach, and /dev/shm is the host's.",
  fix: { kind: 'needs-human', why: 'Only programs that talk to the host through shared memory need it.' },
  cel: '!has(spec.hostIPC) || !spec.hostIPC',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  hostIPC: true # <-
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
  hostIPC: false
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
