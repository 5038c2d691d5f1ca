/** A device of the node as a hostPath: its disks, its memory, its kernel's log. */
import { objectOr, textOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { CEL_DEVICE, isDevice } from './host-paths.ts';
import { podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'host-device',
  on: 'container',
  title: 'No device of the node is mounted',
  why: `/dev/sda is the filesystem of the node without its permissions, /dev/mem the memory of its kernel, /dev/kmsg its log. A
read-only mount does not help: writing to a device is no write to the filesystem that it lies on. Precondition: uid 0 in a
privileged container; for all others the device cgroup refuses to open a device that came by hostPath.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    podSecurity('baseline'),
    technique('T1611', 'Escape to Host'),
    technique('T1006', 'Direct Volume Access'),
  ],
  aliases: ['KubeLinter: sensitive-host-mounts'],
  check({ container, user }) {
    const violations: Violation[] = [];
    const { privileged } = container.settings;
    for (const { volume, volumeKind, volumePath, mountPath } of container.mounts) {
      if (volumeKind !== 'hostPath' || volumePath === undefined) continue;
      const { path, type } = objectOr(volume?.hostPath);
      const hostPath = textOf(path);
      if (hostPath === undefined || !isDevice(hostPath, type)) continue;
      violations.push({
        path: [...volumePath, 'hostPath', 'path'],
        verdict: privileged.value && user.mayBeRoot ? 'bypassable' : 'immutable',
        args: { hostPath, mountPath, privileged: privileged.value, ...userArgs(user) },
      });
    }
    return violations;
  },
  phrase: 'a device of the node is mounted',
  message(args) {
    const what = `${args.mountPath} is the node's device ${args.hostPath}`;
    if (!args.privileged) return `${what}; the container is not privileged, so the device cgroup refuses to open it.`;
    if (!args.mayBeRoot) return `${what}; ${asUser(args)} its file mode decides who opens it.`;
    return `${what}: a privileged container reads and writes it past every filesystem.`;
  },
  fix: {
    kind: 'needs-human',
    why: 'A device plugin gives a container the one device that it needs; what that is, is a decision.',
  },
  cel:
    '!has(c.volumeMounts) || !has(spec.volumes) || c.volumeMounts.all(m, spec.volumes.all(v, v.name != m.name || ' +
    `!has(v.hostPath) || !(${CEL_DEVICE})))`,
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
        privileged: true
      volumeMounts:
        - name: disk
          mountPath: /disk
  volumes:
    - name: disk
      hostPath:
        path: /dev/sda # <-
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
