/** A token of the API server in every container is a way to change other pods. */
import { isObject, listOf } from '../workload/value.ts';
import type { PodControl } from './control.ts';
import { cis, hardeningGuide, kubernetes, technique } from './references.ts';

const control: PodControl = {
  id: 'service-account-token',
  on: 'pod',
  title: 'No token of a service account is mounted unasked',
  why: `Kubernetes mounts a token for its API into every container, unless the pod or its ServiceAccount says
\`automountServiceAccountToken: false\`; the pod's own field decides over the account's. Whoever gets into a container has the
rights of that account. Whether the application calls the API cannot be read from its manifest. Most never do; one that does
asks best with a \`projected\` volume, which this does not report. The token changes nothing in its own container.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('service accounts', 'tasks/configure-pod-container/configure-service-account/'),
    cis('5.1.6'),
    hardeningGuide('protecting Pod service account tokens'),
    technique('T1528', 'Steal Application Access Token'),
  ],
  aliases: [
    'Checkov: CKV_K8S_38',
    'Gatekeeper: K8sPSPAutomountServiceAccountTokenPod',
    'Kubescape: C-0034',
    'Kubescape: C-0190',
    'Kyverno: disable-automountserviceaccounttoken',
    'Kyverno: restrict-automount-sa-token',
    'Kyverno: restrict-sa-automount-sa-token',
    'Polaris: automountServiceAccountToken',
    'Trivy: KSV-0036',
  ],
  check({ workload: { podSpec, podSpecPath } }) {
    const written = podSpec.automountServiceAccountToken;
    if (written === false) return [];
    const projected = listOf(podSpec.volumes).some(
      (volume) =>
        isObject(volume) &&
        isObject(volume.projected) &&
        listOf(volume.projected.sources).some((source) => isObject(source) && isObject(source.serviceAccountToken)),
    );
    const args = { asked: written === true, projected };
    return [{ path: [...podSpecPath, 'automountServiceAccountToken'], verdict: 'immutable', args }];
  },
  phrase: 'a service account token is mounted',
  message({ asked, projected }) {
    const also = projected ? ' It has a projected token of its own as well.' : '';
    return asked
      ? `\`automountServiceAccountToken: true\` mounts a token of the API server into every container.${also}`
      : `\`automountServiceAccountToken\` is not false: a token of the API server is mounted, unless the ServiceAccount says no.${also}`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Nobody can read from a manifest whether the application calls the API. If not: `automountServiceAccountToken: false`.',
  },
  cel: 'has(spec.automountServiceAccountToken) && !spec.automountServiceAccountToken',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  automountServiceAccountToken: true # <-
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
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
  automountServiceAccountToken: false
  securityContext:
    runAsNonRoot: true
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
