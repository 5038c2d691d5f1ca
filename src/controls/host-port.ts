/** A port of the node, past Services and network policies. */
import { isObject, listOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { cis, podSecurity } from './references.ts';

const control: ContainerControl = {
  id: 'host-port',
  on: 'container',
  title: 'No port of the node is taken',
  why: `A \`hostPort\` opens the container on the address of the node, past the Service and often past network policies. It changes
nothing of the root filesystem.`,
  verdict: 'immutable',
  level: 'strict',
  references: [cis('5.2.13'), podSecurity('baseline')],
  aliases: [
    'Checkov: CKV_K8S_26',
    'Gatekeeper: K8sPSPHostNetworkingPorts',
    'Kubescape: C-0044',
    'Kyverno: disallow-host-ports',
    'Polaris: hostPortSet',
    'Trivy: KSV-0024',
  ],
  podSecurity: ['hostPorts'],
  check({ container }) {
    const violations: Violation[] = [];
    for (const [index, port] of listOf(container.spec.ports).entries()) {
      if (!isObject(port) || typeof port.hostPort !== 'number' || port.hostPort === 0) continue;
      const path = [...container.path, 'ports', index, 'hostPort'];
      violations.push({ path, verdict: 'immutable', args: { port: port.hostPort } });
    }
    return violations;
  },
  phrase: 'a port of the node is taken',
  message: ({ port }) => `\`hostPort: ${port}\` opens the container on the address of its node.`,
  fix: {
    kind: 'needs-human',
    why: 'A Service of type NodePort or LoadBalancer does the same where clients can be told of it.',
  },
  cel: '!has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0)',
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
      ports:
        - containerPort: 8080
          hostPort: 8080 # <-
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
      ports:
        - containerPort: 8080
`,
};

export default control;
