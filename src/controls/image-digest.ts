/** A tag is a name that somebody else may point at another image. */
import type { ContainerControl } from './control.ts';
import { kubernetes, technique } from './references.ts';

/** As the API server takes it; CEL has the same. */
const DIGEST = /@[a-z0-9]+:[0-9a-f]{32,128}$/;
/** Longer names are refused by every registry. */
const MAX_NAME = 512;
/** Longest tag there is. */
const MAX_TAG = 128;

const control: ContainerControl = {
  id: 'image-digest',
  on: 'container',
  title: 'The image is named by its digest',
  why: `Behind a tag there may be another image tomorrow, and with \`latest\` or no tag there will be. A running container keeps its image;
the next pod, after a crash of the node or when the workload scales, gets what the tag means then, and what
\`imagePullPolicy\` says: \`Always\` asks the registry, \`IfNotPresent\` takes what this node happens to have, so that pods of one
workload may differ. A digest names one image for ever. Most good manifests have tags, so only \`strict\` reports it.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('images', 'concepts/containers/images/#image-names'),
    technique('T1525', 'Implant Internal Image'),
  ],
  aliases: [
    'Checkov: CKV_K8S_14',
    'Checkov: CKV_K8S_43',
    'Gatekeeper: K8sDisallowedTags',
    'Gatekeeper: K8sImageDigests',
    'KubeLinter: latest-tag',
    'Kubescape: C-0075',
    'Kubescape: C-0306',
    'Kyverno: disallow-latest-tag',
    'Kyverno: require-image-checksum',
    'Kyverno: resolve-image-to-digest',
    'Polaris: tagNotSpecified',
    'Trivy: KSV-0013',
    'kube-score: container-image-tag',
  ],
  check({ container }) {
    const { image, spec, path } = container;
    if (image === undefined || (image.length <= MAX_NAME && DIGEST.test(image))) return [];
    const name = image.slice(image.lastIndexOf('/') + 1).split('@', 1)[0] ?? '';
    const colon = name.indexOf(':');
    const tag = colon < 0 ? '' : name.slice(colon + 1, colon + 1 + MAX_TAG);
    const latest = tag === '' || tag === 'latest';
    const { imagePullPolicy: policy } = spec;
    const pull = policy === 'Always' || (policy !== 'IfNotPresent' && policy !== 'Never' && latest);
    return [{ path: [...path, 'image'], verdict: 'immutable', args: { tag, pull } }];
  },
  phrase: 'the image is named by a tag',
  message({ tag, pull }) {
    const name =
      tag === '' ? 'The image has no tag, which means `latest`' : `The tag ${tag} may be moved to another image`;
    return `${name}: ${pull ? 'the next pod takes what it means by then.' : 'each node runs what it meant when it was pulled there.'}`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Which image is meant only the registry knows: add `@sha256:…` behind the tag, and have it kept up to date.',
  },
  cel: "!has(c.image) || c.image == '' || c.image.matches('@[a-z0-9]+:[0-9a-f]{32,128}$')",
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1 # <-
      securityContext:
        readOnlyRootFilesystem: true
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
      image: registry.example/web@sha256:ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01ab01
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
