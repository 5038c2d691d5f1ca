/** Directories of the node where reading alone is enough: they hold the cluster's keys. */
import { objectOr, textOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { CEL_CREDENTIALS, credentialsAt } from './host-paths.ts';
import { podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'node-credentials',
  on: 'container',
  title: "The node's credentials are out of reach",
  why: `/etc/kubernetes holds the keys of the control plane, /var/lib/kubelet the kubelet's own key and the service account tokens of
every pod on the node, /var/lib/etcd every secret of the cluster. Whoever reads them acts as the node or as the
administrator: starts a privileged pod, or executes in this one. \`readOnly\` and \`recursiveReadOnly\` do not help.
Precondition: uid 0, to which these files belong; other users are refused by their modes.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    podSecurity('baseline'),
    technique('T1552.001', 'Credentials In Files'),
    technique('T1611', 'Escape to Host'),
  ],
  aliases: ['KubeLinter: sensitive-host-mounts', 'Kubescape: C-0048'],
  check({ container, user }) {
    const violations: Violation[] = [];
    for (const { volume, volumeKind, volumePath, mountPath } of container.mounts) {
      if (volumeKind !== 'hostPath' || volumePath === undefined) continue;
      const hostPath = textOf(objectOr(volume?.hostPath).path);
      const what = hostPath === undefined ? undefined : credentialsAt(hostPath);
      if (hostPath === undefined || what === undefined) continue;
      violations.push({
        path: [...volumePath, 'hostPath', 'path'],
        verdict: user.mayBeRoot ? 'bypassable' : 'immutable',
        args: { hostPath, mountPath, what, ...userArgs(user) },
      });
    }
    return violations;
  },
  phrase: "the node's credentials can be read",
  message(args) {
    const what = `${args.mountPath} is the node's ${args.hostPath}, with ${args.what}`;
    return args.mayBeRoot
      ? `${what}: who reads them acts as the node or its administrator, read-only mount or not.`
      : `${what}; ${asUser(args)} their file modes should refuse it.`;
  },
  fix: { kind: 'needs-human', why: 'Which file of it the container reads decides what can be mounted instead.' },
  cel:
    '!has(c.volumeMounts) || !has(spec.volumes) || c.volumeMounts.all(m, spec.volumes.all(v, v.name != m.name || ' +
    `!has(v.hostPath) || !(${CEL_CREDENTIALS})))`,
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
        runAsUser: 0
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: keys
          mountPath: /keys
          readOnly: true
  volumes:
    - name: keys
      hostPath:
        path: /var/lib/kubelet/pki # <- read-only as well
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
