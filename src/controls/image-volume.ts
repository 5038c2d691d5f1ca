/** A VOLUME of the image is a writable place that the manifest does not show. */
import type { ContainerControl, Violation } from './control.ts';
import { kubernetes, technique } from './references.ts';

const control: ContainerControl = {
  id: 'image-volume',
  on: 'container',
  title: 'No VOLUME of the image is left open',
  why: `For each VOLUME that the image declares, containerd mounts a writable anonymous volume, read-only root or not, unless
the manifest mounts something at exactly that path. It is executable, has no size limit, and nobody who reads the
manifest knows of it. Other runtimes do otherwise, so the same pod crashes there. Looked at only where the image's
configuration is known.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    kubernetes('images', 'concepts/containers/images/'),
    technique('T1105', 'Ingress Tool Transfer'),
    { title: 'containerd/cri#1504', url: 'https://github.com/containerd/cri/issues/1504' },
  ],
  aliases: ['Kyverno: block-images-with-volumes'],
  check({ container, image }) {
    if (image === undefined || image.volumes.length === 0) return [];
    const violations: Violation[] = [];
    for (const volume of image.volumes) {
      if (container.mounts.some(({ mountPath }) => bare(mountPath) === bare(volume))) continue;
      violations.push({ path: [...container.path, 'image'], verdict: 'bypassable', args: { volume } });
    }
    return violations;
  },
  phrase: 'a VOLUME of the image is writable',
  message: (args) =>
    `The image declares VOLUME ${args.volume} and nothing is mounted there: containerd makes it a writable volume.`,
  fix: {
    kind: 'needs-evidence',
    describe: 'Mount an emptyDir with a sizeLimit there, or a read-only volume if it is not written.',
  },
  cel: { impossible: "The API server does not see an image's configuration." },
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: db
spec:
  containers:
    - name: db
      image: registry.example/db:1 # <- declares VOLUME /var/lib/db
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
  name: db
spec:
  containers:
    - name: db
      image: registry.example/db:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
      volumeMounts:
        - name: data
          mountPath: /var/lib/db
  volumes:
    - name: data
      emptyDir:
        sizeLimit: 64Mi
`,
  exampleImage: { user: '1000', volumes: ['/var/lib/db'] },
};

/** A path without slashes at its end, as the runtime compares them. */
function bare(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

export default control;
