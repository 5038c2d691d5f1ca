/** The container's root filesystem must be read-only: without it everything else is moot. */
import type { Path } from '../manifest/document.ts';
import { isObject, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, kubernetes, technique } from './references.ts';
import { CEL_NOT_WINDOWS, windowsAt } from './windows.ts';

const FIELD = 'readOnlyRootFilesystem';

const control: ContainerControl = {
  id: 'read-only-root-filesystem',
  on: 'container',
  title: 'The root filesystem is read-only',
  why: `Without \`readOnlyRootFilesystem: true\` every process of the container, and everybody who gets a shell in it or
copies files into it, can change programs, configuration and libraries while it runs. The field belongs to each
container's own \`securityContext\`: Kubernetes has no such field for a pod, refuses it there when it validates strictly,
and drops it in silence otherwise. It holds for init, sidecar and ephemeral containers as well, each for itself.
Windows has no read-only root: nothing is asked of it here, see \`windows-container\`.`,
  verdict: 'mutable',
  level: 'minimal',
  references: [
    kubernetes('security context', 'tasks/configure-pod-container/security-context/'),
    hardeningGuide('immutable container file systems'),
    cis('5.7.3'),
    technique('T1609', 'Container Administration Command'),
    technique('T1105', 'Ingress Tool Transfer'),
  ],
  aliases: [
    'Checkov: CKV_K8S_22',
    'Gatekeeper: K8sPSPReadOnlyRootFilesystem',
    'KubeLinter: no-read-only-root-fs',
    'Kubescape: C-0017',
    'Kyverno: require-ro-rootfs',
    'Polaris: notReadOnlyRootFilesystem',
    'Trivy: KSV-0014',
    'kube-score: container-security-context-readonlyrootfilesystem',
  ],
  check({ workload, container }) {
    if (windowsAt(workload, container) !== undefined) return [];
    const setting = container.settings.readOnlyRootFilesystem;
    if (setting.value) return [];
    const misplaced = misplacedAt(workload, container);
    if (misplaced !== undefined)
      return [{ path: misplaced.path, verdict: 'mutable', args: { problem: misplaced.problem } }];
    const written = objectOr(container.spec.securityContext)[FIELD];
    const problem = written === undefined || written === null ? 'missing' : written === false ? 'false' : 'no boolean';
    return [{ path: setting.path, verdict: 'mutable', args: { problem } }];
  },
  phrase: 'root filesystem is writable',
  message(args) {
    return MESSAGES[String(args.problem)] ?? MESSAGES.missing!;
  },
  fix: {
    kind: 'needs-evidence',
    describe: 'Set `readOnlyRootFilesystem: true` and mount a volume at each path that the application writes.',
  },
  cel:
    'has(c.securityContext) && has(c.securityContext.readOnlyRootFilesystem) && c.securityContext.readOnlyRootFilesystem || ' +
    `!(${CEL_NOT_WINDOWS})`,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
    readOnlyRootFilesystem: true # <- no such field for a pod
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
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
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

const MESSAGES: Readonly<Record<string, string>> = {
  missing:
    '`readOnlyRootFilesystem` is not set, and its default is false: every process can change the root filesystem.',
  false: '`readOnlyRootFilesystem: false`: every process can change the root filesystem.',
  'no boolean':
    '`readOnlyRootFilesystem` is not true or false: Kubernetes refuses the value, and nothing is read-only.',
  'at pod level':
    "`readOnlyRootFilesystem` stands in the pod's securityContext, where Kubernetes has no such field: it refuses or drops it, " +
    "and the container's root stays writable. Write it in the container's own securityContext.",
  'outside securityContext':
    '`readOnlyRootFilesystem` stands outside of securityContext, where Kubernetes refuses or drops it: the root stays writable. ' +
    "Write it in the container's securityContext.",
};

/** Where somebody meant to set the field and set nothing. Only where it is true is it worth saying. */
function misplacedAt(workload: Workload, container: Container): { path: Path; problem: string } | undefined {
  const { podSpec, podSpecPath } = workload;
  if (container.spec[FIELD] === true) return { path: [...container.path, FIELD], problem: 'outside securityContext' };
  if (isObject(container.spec.securityContext) && FIELD in container.spec.securityContext) return undefined;
  if (objectOr(podSpec.securityContext)[FIELD] === true) {
    return { path: [...podSpecPath, 'securityContext', FIELD], problem: 'at pod level' };
  }
  if (podSpec[FIELD] === true) return { path: [...podSpecPath, FIELD], problem: 'outside securityContext' };
  return undefined;
}

export default control;
