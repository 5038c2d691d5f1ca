/** The file of the termination message is writable for everybody, wherever the manifest puts it. */
import { textOf } from '../workload/value.ts';
import type { Container, Mount } from '../workload/workload.ts';
import type { ContainerControl } from './control.ts';
import { kubernetes, technique } from './references.ts';

/** These volumes are writable, so a writable file on them opens nothing; what `WRITABLE_CEL` says in CEL. */
const PLAINLY_WRITABLE: ReadonlySet<string | undefined> = new Set([
  'emptyDir',
  'ephemeral',
  'hostPath',
  'persistentVolumeClaim',
]);
const WRITABLE_CEL =
  '(!has(m.readOnly) || !m.readOnly) && spec.volumes.exists(v, v.name == m.name && (has(v.emptyDir) || has(v.ephemeral) || ' +
  'has(v.hostPath) || has(v.persistentVolumeClaim) && ' +
  '(!has(v.persistentVolumeClaim.readOnly) || !v.persistentVolumeClaim.readOnly)))';
const BELOW_CEL = "c.terminationMessagePath.startsWith(m.mountPath + '/')";
/** A path that is not written plainly (`//`, `/./`, `/../`, a slash at its end) is not excused. */
const NOT_PLAIN = '/[.]{0,2}(/|$)';
const NOT_PLAIN_PATTERN = new RegExp(NOT_PLAIN);

const control: ContainerControl = {
  id: 'termination-message-path',
  on: 'container',
  title: 'The termination message stays below /dev',
  why: `The kubelet makes a file for the termination message, with mode 0666, and mounts it writable at \`terminationMessagePath\`,
read-only root or not, for every user. At \`/etc/ld.so.preload\`, a crontab or a file that a program reads, whoever writes it
decides what runs next, and it hides the file that the image has there. Below /dev, where Kubernetes puts it by default,
and below a writable volume of the container it opens nothing new.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    kubernetes('termination message', 'tasks/debug/debug-application/determine-reason-pod-failure/'),
    technique('T1574.006', 'Dynamic Linker Hijacking'),
    { title: 'ld.so(8)', url: 'https://man7.org/linux/man-pages/man8/ld.so.8.html' },
  ],
  aliases: [],
  check({ container }) {
    const path = textOf(container.spec.terminationMessagePath);
    if (path === undefined || opensNothing(path, container)) return [];
    return [{ path: [...container.path, 'terminationMessagePath'], verdict: 'bypassable', args: { path } }];
  },
  phrase: 'the termination message opens a file',
  message: (args) =>
    `\`terminationMessagePath: ${args.path}\`: the kubelet mounts a file there that every user can write, read-only root or not.`,
  fix: {
    kind: 'safe',
    describe: 'Remove the field, so that the message goes to `/dev/termination-log`, or name a file below /dev.',
  },
  cel:
    "!has(c.terminationMessagePath) || c.terminationMessagePath == '' || " +
    `(!c.terminationMessagePath.matches('${NOT_PLAIN}') && (c.terminationMessagePath.startsWith('/dev/') || ` +
    `(has(c.volumeMounts) && has(spec.volumes) && c.volumeMounts.exists(m, ${BELOW_CEL}) && ` +
    `c.volumeMounts.all(m, !${BELOW_CEL} || (${WRITABLE_CEL})))))`,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: web
      image: registry.example/web:1
      terminationMessagePath: /etc/ld.so.preload # <-
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
  containers:
    - name: web
      image: registry.example/web:1
      terminationMessagePath: /dev/last-words
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

/** Whether everybody could write there anyway: below /dev, or where every mount above the file is writable. */
function opensNothing(path: string, container: Container): boolean {
  if (NOT_PLAIN_PATTERN.test(path)) return false;
  if (path.startsWith('/dev/')) return true;
  const above = container.mounts.filter(({ mountPath }) => path.startsWith(`${mountPath}/`));
  return above.length > 0 && above.every(isPlainlyWritable);
}

function isPlainlyWritable({ readOnly, volumeKind }: Mount): boolean {
  return !readOnly && PLAINLY_WRITABLE.has(volumeKind);
}

export default control;
