/** A writable hostPath lets a container change files of its node, on which its own root rests. */
import { objectOr, textOf } from '../workload/value.ts';
import type { Mount } from '../workload/workload.ts';
import type { ContainerControl, Violation } from './control.ts';
import { CEL_SUBMOUNTS, hasSubmounts, trustedPath } from './host-paths.ts';
import { cis, podSecurity, technique } from './references.ts';

/** The first version that has `recursiveReadOnly` without a feature gate; an older one drops the field. */
const RECURSIVE_SINCE = 31;

const control: ContainerControl = {
  id: 'writable-host-path',
  on: 'container',
  title: 'No directory of the node is mounted writable',
  why: `What a container writes to a hostPath stays on the node after the container is gone, and the node or another pod may
run or trust it; below /var/lib/containerd or /var/lib/kubelet lie the root filesystems and volumes of all containers.
Precondition: something on the node uses what lies there, which the manifest cannot say. A read-only mount is fine, but
not of a directory below which the node mounts other filesystems (/, /dev, /run, /sys, /var, /var/lib/kubelet …): unless
\`recursiveReadOnly: Enabled\` is set those stay writable, and some of them, as /dev/shm and /run/lock, for every user.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    cis('5.2.12'),
    podSecurity('baseline'),
    technique('T1611', 'Escape to Host'),
    {
      title: 'Kubernetes: read-only mounts',
      url: 'https://kubernetes.io/docs/concepts/storage/volumes/#read-only-mounts',
    },
  ],
  aliases: [
    'Gatekeeper: K8sPSPHostFilesystem',
    'KubeLinter: writable-host-mount',
    'Kubescape: C-0045',
    'Kyverno: ensure-readonly-hostpath',
    'Polaris: hostPathSet',
    'Trivy: KSV-0023',
  ],
  check({ container, target }) {
    const violations: Violation[] = [];
    for (const mount of container.mounts) {
      if (mount.volumeKind !== 'hostPath') continue;
      const hostPath = hostPathOf(mount);
      const halfReadOnly =
        mount.readOnly &&
        hasSubmounts(hostPath) &&
        !(target.minor >= RECURSIVE_SINCE && isRecursive(container.spec, mount));
      if (mount.readOnly && !halfReadOnly) continue;
      violations.push({
        path: [...mount.path, halfReadOnly ? 'recursiveReadOnly' : 'readOnly'],
        verdict: 'bypassable',
        args: { hostPath, mountPath: mount.mountPath, readOnly: mount.readOnly },
      });
    }
    return violations;
  },
  phrase: 'a directory of the node is writable',
  message(args) {
    if (args.readOnly) {
      return (
        `${args.mountPath} is the node's ${args.hostPath}, read-only, but not the filesystems mounted below it: ` +
        'without `recursiveReadOnly: Enabled` they stay writable, some of them for every user.'
      );
    }
    const what = trustedPath(String(args.hostPath));
    return what === undefined
      ? `${args.mountPath} is the node's ${args.hostPath}, writable: what is left there outlives the container, on the node.`
      : `${args.mountPath} is the node's ${args.hostPath}, writable: ${what}.`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Whether the data must lie on the node, or belongs in an emptyDir or a claim, is a decision.',
  },
  cel:
    '!has(c.volumeMounts) || !has(spec.volumes) || c.volumeMounts.all(m, spec.volumes.all(v, v.name != m.name || !has(v.hostPath) || ' +
    '(has(m.readOnly) && m.readOnly && ' +
    `(!v.hostPath.path.matches('${CEL_SUBMOUNTS}') || ` +
    "(has(m.recursiveReadOnly) && m.recursiveReadOnly == 'Enabled')))))",
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
      volumeMounts:
        - name: node # <- readOnly is missing
          mountPath: /data
  volumes:
    - name: node
      hostPath:
        path: /srv/data
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
      volumeMounts:
        - name: node
          mountPath: /data
          readOnly: true
  volumes:
    - name: node
      hostPath:
        path: /srv/data
`,
};

function hostPathOf(mount: Mount): string {
  return textOf(objectOr(mount.volume?.hostPath).path) ?? '(no path)';
}

function isRecursive(container: Readonly<Record<string, unknown>>, mount: Mount): boolean {
  const written = (container.volumeMounts as readonly unknown[])[mount.path.at(-1) as number];
  return objectOr(written).recursiveReadOnly === 'Enabled';
}

export default control;
