/** A writable volume where applications usually lie, though no command says that they do. */
import { cleanPath } from '../workload/file-path.ts';
import type { ContainerControl, Violation } from './control.ts';
import { applicationDirectory } from './program-places.ts';
import { technique } from './references.ts';

const control: ContainerControl = {
  id: 'writable-application-directory',
  on: 'container',
  title: 'No writable volume lies over an application',
  why: `/app, /opt/NAME, /code and their like are where images keep the application. A writable volume there may hold what the
container runs, put there by an init container or by the application itself. The manifest does not say so (where its command
does, \`writable-program-directory\` finds it), so the verdict stays as it is. Subdirectories for data, logs, caches and
scratch are none of this.`,
  verdict: 'immutable',
  level: 'strict',
  references: [technique('T1554', 'Compromise Host Software Binary'), technique('T1574', 'Hijack Execution Flow')],
  aliases: [],
  check({ container }) {
    const violations: Violation[] = [];
    for (const { path, mountPath, readOnly, volumeKind } of container.mounts) {
      if (readOnly || !applicationDirectory(cleanPath(mountPath))) continue;
      const args = { mountPath, kind: volumeKind ?? 'unknown' };
      violations.push({ path: [...path, 'mountPath'], verdict: 'immutable', args });
    }
    return violations;
  },
  phrase: 'an application may be writable',
  message: ({ mountPath, kind }) => `${mountPath} (${kind}) is writable, and applications usually lie there.`,
  fix: {
    kind: 'needs-human',
    why: 'Whether the files belong into the image, or only a subdirectory of data has to be writable, is a decision.',
  },
  cel: {
    impossible: 'An expression cannot clean a path, and one for every way of writing it would say something else.',
  },
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
        - name: app
          mountPath: /app # <-
  volumes:
    - name: app
      emptyDir:
        sizeLimit: 64Mi
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
        - name: data
          mountPath: /app/data
  volumes:
    - name: data
      emptyDir:
        sizeLimit: 64Mi
`,
};

export default control;
