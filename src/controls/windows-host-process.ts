/** A Windows HostProcess container is a process of the node. */
import { objectOr } from '../workload/value.ts';
import type { PodControl, Violation } from './control.ts';
import { cis, kubernetes, podSecurity, technique } from './references.ts';
import { everyContext, securityContexts } from './security-contexts.ts';

const control: PodControl = {
  id: 'windows-host-process',
  on: 'pod',
  title: 'No container is a Windows HostProcess',
  why: `A HostProcess container runs on the Windows node itself, in no container at all: it reads and changes the files of the node
as far as its user may.`,
  verdict: 'mutable',
  level: 'standard',
  references: [
    cis('5.2.11'),
    podSecurity('baseline'),
    technique('T1611', 'Escape to Host'),
    kubernetes('HostProcess', 'tasks/configure-pod-container/create-hostprocess-pod/'),
  ],
  aliases: [
    'Gatekeeper: K8sPSPHostProcess',
    'Kyverno: disallow-host-process',
    'Polaris: hostProcess',
    'Trivy: KSV-0103',
  ],
  podSecurity: ['windowsHostProcess'],
  check({ workload }) {
    const violations: Violation[] = [];
    for (const { who, values, path } of securityContexts(workload)) {
      if (objectOr(values.windowsOptions).hostProcess !== true) continue;
      violations.push({ path: [...path, 'windowsOptions', 'hostProcess'], verdict: 'mutable', args: { who } });
    }
    return violations;
  },
  phrase: 'a process of the Windows node',
  message: ({ who }) => `${who} asks for HostProcess: it runs on the node itself and can change its files.`,
  fix: { kind: 'needs-human', why: 'Network plugins and node agents on Windows need it; nothing else should.' },
  cel: everyContext(
    (context) =>
      `!has(${context}.windowsOptions) || !has(${context}.windowsOptions.hostProcess) || !${context}.windowsOptions.hostProcess`,
  ),
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  os:
    name: windows
  securityContext:
    windowsOptions:
      hostProcess: true # <-
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
  hostNetwork: false
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
