/** A namespace that enforces no Pod Security admits pods that undo every immutability. */

import type { ObjectControl } from './control.ts';
import { enforcedLevel, IN_SYSTEM, LABEL } from './enforced-level.ts';
import { cis, hardeningGuide, kubernetes } from './references.ts';

const control: ObjectControl = {
  id: 'namespace-enforcement',
  on: 'object',
  kinds: ['Namespace'],
  title: 'The namespace enforces Pod Security',
  why: `Without the label \`${LABEL}\` at \`baseline\` or above, a namespace takes pods that are
privileged or mount the node, unless a default of the cluster or another policy refuses them, which no manifest shows. Who may
create a pod there can change every other one. \`warn\` and \`audit\` refuse nothing, nor does a level that is misspelt.
Kubernetes' own namespace kube-system is left out: its parts need the node.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    kubernetes('Pod Security Admission', 'concepts/security/pod-security-admission/'),
    cis('5.2.1'),
    cis('5.2.2'),
    hardeningGuide('Pod security enforcement'),
  ],
  aliases: [
    'Kubescape: C-0192',
    'Kubescape: C-0193',
    'Kubescape: C-0199',
    'Kubescape: C-0202',
    'Kubescape: C-0203',
    'Kubescape: C-0204',
    'Kyverno: add-psa-labels',
    'Kyverno: deny-privileged-profile',
  ],
  check({ object }) {
    if (object.name === IN_SYSTEM) return [];
    const { level, path } = enforcedLevel(object);
    if (level === 'baseline' || level === 'restricted') return [];
    return [{ path, verdict: 'immutable', args: { level: level ?? '' } }];
  },
  phrase: 'takes privileged pods',
  message({ level }) {
    if (level === 'privileged') return 'Pod Security is enforced at `privileged`, which refuses no pod at all.';
    if (level === '') return `No label \`${LABEL}\`: the namespace itself refuses no pod.`;
    return `\`${level}\` is no level of Pod Security: the API server refuses it or treats it as a mistake.`;
  },
  fix: {
    kind: 'needs-human',
    why: `Label the namespace \`${LABEL}: restricted\` once all of its pods fit; \`baseline\` is the least.`,
  },
  cel:
    `object.metadata.name == '${IN_SYSTEM}' || (has(object.metadata.labels) && '${LABEL}' in object.metadata.labels && ` +
    `object.metadata.labels['${LABEL}'] in ['baseline', 'restricted'])`,
  bad: `apiVersion: v1
kind: Namespace
metadata: # <-
  name: shop
`,
  good: `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    ${LABEL}: restricted
`,
};

export default control;
