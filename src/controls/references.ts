/** The published texts that controls refer to, each with its address. */
import type { Reference } from './control.ts';

/** CIS Kubernetes Benchmark; the numbers of section 5.2 are those of version 1.8. */
export const cis = (id: string): Reference => ({
  title: `CIS Kubernetes Benchmark v1.8: ${id}`,
  url: 'https://www.cisecurity.org/benchmark/kubernetes',
});

/** MITRE ATT&CK technique, e.g. `T1611`, `T1548.001`. */
export const technique = (id: string, name: string): Reference => ({
  title: `MITRE ATT&CK ${id}: ${name}`,
  url: `https://attack.mitre.org/techniques/${id.replace('.', '/')}/`,
});

export const podSecurity = (level: 'baseline' | 'restricted'): Reference => ({
  title: `Pod Security Standards: ${level}`,
  url: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/',
});

/** The Kubernetes Hardening Guide of NSA and CISA, version 1.2, by its section. */
export const hardeningGuide = (section: string): Reference => ({
  title: `NSA/CISA Kubernetes Hardening Guide: ${section}`,
  url: 'https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF',
});

export const kubernetes = (title: string, page: string): Reference => ({
  title: `Kubernetes: ${title}`,
  url: `https://kubernetes.io/docs/${page}`,
});
