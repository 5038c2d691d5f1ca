/** A container that reaches the runtime's socket starts any container it likes, read-only mount or not. */
import { objectOr, textOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { CEL_RUNTIME_SOCKET, runtimeSocketAt } from './host-paths.ts';
import { podSecurity, technique } from './references.ts';

const control: ContainerControl = {
  id: 'runtime-socket',
  on: 'container',
  title: "The container runtime's socket is out of reach",
  why: `Whoever can connect to the socket of containerd, CRI-O, Docker or Podman can start a privileged container, or execute
inside of any other one, this one included. A read-only mount does not help: connecting to a socket is no write to its
filesystem. Precondition: the container's uid or gid may use the socket. It belongs to root and group root (or
\`docker\`), and a user without a group of its own gets gid 0. A directory above the socket gives it away as well,
and so does /proc of the node, by \`/proc/1/root\`.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [podSecurity('baseline'), technique('T1611', 'Escape to Host'), technique('T1610', 'Deploy Container')],
  aliases: [
    'Checkov: CKV_K8S_27',
    'KubeLinter: docker-sock',
    'Kubescape: C-0074',
    'Kyverno: disallow-container-sock-mounts',
    'Kyverno: disallow-cri-sock-mount',
    'Trivy: KSV-0006',
  ],
  check({ container }) {
    const violations: Violation[] = [];
    for (const mount of container.mounts) {
      if (mount.volumeKind !== 'hostPath' || mount.volumePath === undefined) continue;
      const hostPath = textOf(objectOr(mount.volume?.hostPath).path);
      const place = hostPath === undefined ? undefined : runtimeSocketAt(hostPath);
      if (hostPath === undefined || place === undefined) continue;
      violations.push({
        path: [...mount.volumePath, 'hostPath', 'path'],
        verdict: 'bypassable',
        args: { hostPath, mountPath: mount.mountPath, socket: place === 'socket' },
      });
    }
    return violations;
  },
  phrase: "the container runtime's socket is in reach",
  message(args) {
    const what = args.socket ? "is the runtime's socket" : "may hold the runtime's socket";
    return `${args.mountPath} is the node's ${args.hostPath}, which ${what}: who connects to it controls every container.`;
  },
  fix: { kind: 'needs-human', why: 'What the container asks of the runtime decides what can replace the socket.' },
  cel:
    '!has(c.volumeMounts) || !has(spec.volumes) || c.volumeMounts.all(m, spec.volumes.all(v, v.name != m.name || ' +
    `!has(v.hostPath) || !v.hostPath.path.matches('${CEL_RUNTIME_SOCKET}')))`,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: runtime
          mountPath: /run/containerd.sock
          readOnly: true
  volumes:
    - name: runtime
      hostPath:
        path: /run/containerd/containerd.sock # <- readOnly does not help
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: logs
          mountPath: /logs
          readOnly: true
  volumes:
    - name: logs
      hostPath:
        path: /var/log/pods
`,
};

export default control;
