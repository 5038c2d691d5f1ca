/** On Windows no root filesystem can be read-only: that is said, and nobody can mend it. */
import type { ContainerControl } from './control.ts';
import { kubernetes } from './references.ts';
import { CEL_NOT_WINDOWS, windowsAt } from './windows.ts';

const control: ContainerControl = {
  id: 'windows-container',
  on: 'container',
  title: 'The container does not run on Windows',
  why: `Windows has no read-only root filesystem for containers: every process can change it, and \`readOnlyRootFilesystem\` is
ignored. So a Windows container is mutable, which nothing in its manifest can change; only \`strict\` reports it as a finding.`,
  verdict: 'mutable',
  level: 'strict',
  references: [kubernetes('Windows containers', 'concepts/windows/intro/')],
  aliases: [],
  check({ workload, container }) {
    const path = windowsAt(workload, container);
    return path === undefined ? [] : [{ path, verdict: 'mutable', args: {} }];
  },
  phrase: 'Windows has no read-only root',
  message: () => 'Windows containers cannot have a read-only root filesystem: every process can change it.',
  fix: { kind: 'needs-human', why: 'Windows has nothing like it; a Linux image of the application would.' },
  cel: CEL_NOT_WINDOWS,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  os:
    name: windows # <-
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
  os:
    name: linux
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
