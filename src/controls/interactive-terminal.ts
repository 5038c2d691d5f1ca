/** A container that keeps its standard input open waits for somebody to type into it. */
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes, technique } from './references.ts';

const FIELDS = ['stdin', 'tty'];

const control: ContainerControl = {
  id: 'interactive-terminal',
  on: 'container',
  title: 'The container has no terminal',
  why: `With \`stdin: true\` or \`tty: true\` the main process reads what somebody types: who may attach to the pod speaks to it, and if it
is a shell, commands it. Services need neither; both are remains of a debugging session. Ephemeral containers are left out:
they are made to be typed into.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    kubernetes('the debug of running pods', 'tasks/debug/debug-application/debug-running-pod/'),
    technique('T1609', 'Container Administration Command'),
  ],
  aliases: ['Gatekeeper: K8sDisallowInteractiveTTY'],
  check({ container }) {
    if (container.role === 'ephemeral') return [];
    const violations: Violation[] = [];
    for (const field of FIELDS) {
      if (container.spec[field] === true)
        violations.push({ path: [...container.path, field], verdict: 'immutable', args: { field } });
    }
    return violations;
  },
  phrase: 'has a terminal',
  message: ({ field }) => `\`${field}: true\`: who may attach to the pod speaks to the main process of the container.`,
  fix: {
    kind: 'needs-human',
    why: 'A program that ends at the end of its input stops without it; services do not read any.',
  },
  cel: '(has(spec.ephemeralContainers) && spec.ephemeralContainers.exists(e, e.name == c.name)) || ((!has(c.stdin) || !c.stdin) && (!has(c.tty) || !c.tty))',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      stdin: true # <-
      securityContext:
        readOnlyRootFilesystem: true
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
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      stdin: false
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
