/** The baseline of Pod Security lets pods run as root and escalate. */

import type { ObjectControl } from './control.ts';
import { enforcedLevel, IN_SYSTEM, LABEL } from './enforced-level.ts';
import { kubernetes, podSecurity } from './references.ts';

const control: ObjectControl = {
  id: 'namespace-restricted',
  on: 'object',
  kinds: ['Namespace'],
  title: 'The namespace enforces the restricted level',
  why: `\`baseline\` refuses what reaches the node, and takes pods that run as uid 0 with the runtime's default capabilities and
privilege escalation: with a read-only root, uid 0 still writes and executes in /dev. \`restricted\` refuses these as well. No
level asks for a read-only root.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    podSecurity('restricted'),
    kubernetes('Pod Security Admission', 'concepts/security/pod-security-admission/'),
  ],
  aliases: [
    'Kubescape: C-0197',
    'Kubescape: C-0198',
    'Kubescape: C-0200',
    'Kubescape: C-0201',
    'Kyverno: add-psa-labels',
  ],
  check({ object }) {
    if (object.name === IN_SYSTEM) return [];
    const { level, path } = enforcedLevel(object);
    return level === 'baseline' ? [{ path, verdict: 'immutable', args: {} }] : [];
  },
  phrase: 'takes pods that run as root',
  message: () => 'Pod Security is enforced at `baseline`, which takes pods that run as root and may escalate.',
  fix: { kind: 'needs-human', why: 'Pods that do not fit are refused when they are next created: look at them first.' },
  cel:
    `object.metadata.name == '${IN_SYSTEM}' || !has(object.metadata.labels) || !('${LABEL}' in object.metadata.labels) || ` +
    `object.metadata.labels['${LABEL}'] != 'baseline'`,
  bad: `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels:
    ${LABEL}: baseline # <-
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
