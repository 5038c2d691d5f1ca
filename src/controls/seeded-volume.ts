/** A volume that an init container filled and that this container, by its place, only reads. */
import { cleanPath } from '../workload/file-path.ts';
import type { Workload } from '../workload/workload.ts';
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes, technique } from './references.ts';

/** Last steps of paths whose files are read by the program that they are for. */
const READ =
  /^(?:assets|bin|certs?|certificates|conf|conf[.]d|config|extensions|htdocs|html|plugins|public|scripts|secrets?|ssl|static|templates|themes|tls|tools|www)$/;

const control: ContainerControl = {
  id: 'seeded-volume',
  on: 'container',
  title: 'What an init container filled is read-only',
  why: `An init container writes plugins, certificates, configuration or pages into an emptyDir and ends; the container that uses
them needs them read-only, and \`readOnly: true\` keeps them as they were put there. Only mounts whose path ends in a
name for such files are said: where the container keeps data as well, the manifest cannot tell.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('init containers', 'concepts/workloads/pods/init-containers/'),
    technique('T1565.001', 'Stored Data Manipulation'),
  ],
  aliases: [],
  check({ workload, container }) {
    if (container.role !== 'main') return [];
    const violations: Violation[] = [];
    for (const { path, mountPath, readOnly, volumeKind, volumeName } of container.mounts) {
      if (readOnly || volumeKind !== 'emptyDir') continue;
      const place = cleanPath(mountPath);
      const by = READ.test(place.slice(place.lastIndexOf('/') + 1)) ? fillerOf(workload, volumeName) : undefined;
      if (by === undefined) continue;
      violations.push({ path: [...path, 'readOnly'], verdict: 'immutable', args: { mountPath, by } });
    }
    return violations;
  },
  phrase: 'a mount could be read-only',
  message: ({ mountPath, by }) =>
    `${mountPath} is filled by the init container ${by} and writable here: \`readOnly: true\` would keep it as it is.`,
  fix: {
    kind: 'needs-evidence',
    describe: 'Set `readOnly: true` where the application was seen to write nothing there.',
  },
  cel: {
    impossible: 'An expression cannot clean a path, and one for every way of writing it would say something else.',
  },
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  initContainers:
    - name: fetch
      image: registry.example/tools:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: plugins
          mountPath: /fetched
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
        - name: plugins # <-
          mountPath: /plugins
  volumes:
    - name: plugins
      emptyDir:
        sizeLimit: 64Mi
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  initContainers:
    - name: fetch
      image: registry.example/tools:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: plugins
          mountPath: /fetched
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
  volumes:
    - name: plugins
      emptyDir:
        sizeLimit: 64Mi
`,
};

/** The init container that can write the volume before this one starts. */
function fillerOf(workload: Workload, volume: string): string | undefined {
  return workload.containers.find(
    ({ role, mounts }) => role === 'init' && mounts.some((mount) => mount.volumeName === volume && !mount.readOnly),
  )?.name;
}

export default control;
