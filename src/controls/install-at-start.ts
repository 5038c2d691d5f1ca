/** A container that installs or updates software when it starts is another one each time. */
import { startCommands } from '../workload/start-commands.ts';
import type { ContainerControl, Violation } from './control.ts';
import { installs } from './installers.ts';
import { hardeningGuide, technique } from './references.ts';

/** So many are told of one container. */
const MAX_TOLD = 5;

const control: ContainerControl = {
  id: 'install-at-start',
  on: 'container',
  title: 'Nothing is installed when the container starts',
  why: `A command that installs packages, fetches a program or clones a repository when the container starts makes of one image a
different container each time: nobody scanned what runs, and who controls the source controls the container. It also needs
a writable place, so the read-only root breaks it or somebody drops the read-only root. Read are \`command\`, \`args\`, the texts
of \`sh -c\`, \`postStart\`, \`preStop\` and the probes; what a script of the image does cannot be seen.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    hardeningGuide('building secure container images'),
    technique('T1105', 'Ingress Tool Transfer'),
    technique('T1195', 'Supply Chain Compromise'),
  ],
  aliases: ['Checkov: CKV_K8S_159'],
  check({ container }) {
    const violations: Violation[] = [];
    for (const { path, words, into } of startCommands(container)) {
      const what = installs(words, into);
      if (what === undefined || violations.length >= MAX_TOLD) continue;
      violations.push({ path, verdict: 'immutable', args: { what } });
    }
    return violations;
  },
  phrase: 'installs software at its start',
  message: ({ what }) =>
    `Runs \`${what}\`: what runs in the container is decided anew each time, and by somebody else.`,
  fix: { kind: 'needs-human', why: 'It belongs in the build of the image: only its author can move it there.' },
  cel: { impossible: 'It takes a reader of shell commands, which CEL has not.' },
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
      command:
        - sh
        - -c
        - apt-get update && apt-get install -y curl && exec web # <-
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
      command:
        - sh
        - -c
        - echo "apt-get install is not here" && exec web
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
