/** Mounts that a container makes and that appear on its node, over the node's own files. */
import { isObject, listOf, textOf } from '../workload/value.ts';
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'bidirectional-mount',
  on: 'container',
  title: 'No mount propagates to the node',
  why: `With \`mountPropagation: Bidirectional\` what the container mounts below that directory is mounted on the node as well, and in
every container that shares it: over programs and configuration, without a write to any file. Kubernetes accepts it in
privileged containers only. Precondition: uid 0, which alone may mount.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    kubernetes('mount propagation', 'concepts/storage/volumes/#mount-propagation'),
    technique('T1611', 'Escape to Host'),
  ],
  aliases: [],
  check({ container, user }) {
    const violations: Violation[] = [];
    for (const [index, mount] of listOf(container.spec.volumeMounts).entries()) {
      if (!isObject(mount) || mount.mountPropagation !== 'Bidirectional') continue;
      violations.push({
        path: [...container.path, 'volumeMounts', index, 'mountPropagation'],
        verdict: user.mayBeRoot ? 'bypassable' : 'immutable',
        args: { mountPath: textOf(mount.mountPath) ?? '(no path)', ...userArgs(user) },
      });
    }
    return violations;
  },
  phrase: 'a mount propagates to the node',
  message(args) {
    const what = `Mounts below ${args.mountPath} appear on the node`;
    return args.mayBeRoot
      ? `${what}: the container can cover the files of the node.`
      : `${what}; ${asUser(args)} none can be made.`;
  },
  fix: { kind: 'needs-human', why: 'Storage and network plugins need it; nothing else should.' },
  cel: "!has(c.volumeMounts) || c.volumeMounts.all(m, !has(m.mountPropagation) || m.mountPropagation != 'Bidirectional')",
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
        - name: plugins
          mountPath: /plugins
          mountPropagation: Bidirectional # <-
  volumes:
    - name: plugins
      hostPath:
        path: /srv/plugins
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
        - name: plugins
          mountPath: /plugins
          readOnly: true
          mountPropagation: HostToContainer
  volumes:
    - name: plugins
      hostPath:
        path: /srv/plugins
`,
};

export default control;
