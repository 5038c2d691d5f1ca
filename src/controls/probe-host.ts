/** Probes and lifecycle handlers that make the kubelet ask another host. */
import { objectOr, textOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes, podSecurity } from './references.ts';

const HANDLERS = [
  ['livenessProbe'],
  ['readinessProbe'],
  ['startupProbe'],
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
] as const;
const ACTIONS = ['httpGet', 'tcpSocket'];

const control: ContainerControl = {
  id: 'probe-host',
  on: 'container',
  title: 'Probes ask their own container',
  why: `With a \`host\` in a probe or a lifecycle handler the kubelet sends its requests there, from the network of the node: a way to
ask what the pod cannot reach, and a container that looks ready because somebody else is. The Pod Security level baseline
forbids it since 1.34.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    podSecurity('baseline'),
    kubernetes('probes', 'concepts/configuration/liveness-readiness-startup-probes/'),
  ],
  aliases: ['Gatekeeper: K8sPSPHostProbesLifecycle'],
  podSecurity: ['hostProbesAndHostLifecycle'],
  check({ container }) {
    const violations: Violation[] = [];
    for (const steps of HANDLERS) {
      const [first, second] = steps;
      const holder = objectOr(container.spec[first]);
      const handler = second === undefined ? holder : objectOr(holder[second]);
      for (const action of ACTIONS) {
        const host = textOf(objectOr(handler[action]).host);
        if (host === undefined) continue;
        const path = [...container.path, ...steps, action, 'host'];
        violations.push({ path, verdict: 'immutable', args: { handler: steps.join('.'), host } });
      }
    }
    return violations;
  },
  phrase: 'a probe asks another host',
  message: ({ handler, host }) => `The ${handler} asks ${host}: the kubelet sends that from the network of the node.`,
  fix: { kind: 'safe', describe: 'Remove `host`: the probe then asks the pod itself.' },
  cel: HANDLERS.map((steps) => {
    const exists = steps.map((_, index) => `has(c.${steps.slice(0, index + 1).join('.')})`).join(' && ');
    const handler = `c.${steps.join('.')}`;
    const own = ACTIONS.map((action) => {
      const host = `${handler}.${action}.host`;
      return `(!has(${handler}.${action}) || !has(${host}) || ${host} == '')`;
    });
    return `(!(${exists}) || ${own.join(' && ')})`;
  }).join(' && '),
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
      livenessProbe:
        httpGet:
          path: /
          port: 80
          host: metadata.example # <-
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
      livenessProbe:
        httpGet:
          path: /
          port: 80
`,
};

export default control;
