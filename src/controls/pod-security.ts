/** The checks of the Pod Security Standards that controls decide, each with its level and the version that brought it. */

export interface PodSecurityCheck {
  readonly level: 'baseline' | 'restricted';
  /** Kubernetes 1.`since` is the first that has the check; absent: all that Petrify knows have it. */
  readonly since?: number;
}

/** By the ids of the upstream evaluator. */
export const POD_SECURITY = {
  allowPrivilegeEscalation: { level: 'restricted' },
  appArmorProfile: { level: 'baseline' },
  capabilities_baseline: { level: 'baseline' },
  capabilities_restricted: { level: 'restricted' },
  hostNamespaces: { level: 'baseline' },
  hostPathVolumes: { level: 'baseline' },
  hostPorts: { level: 'baseline' },
  hostProbesAndHostLifecycle: { level: 'baseline', since: 34 },
  privileged: { level: 'baseline' },
  procMount: { level: 'baseline' },
  procMount_restricted: { level: 'restricted', since: 35 },
  restrictedVolumes: { level: 'restricted' },
  runAsNonRoot: { level: 'restricted' },
  runAsUser: { level: 'restricted', since: 23 },
  seLinuxOptions: { level: 'baseline' },
  seccompProfile_baseline: { level: 'baseline' },
  seccompProfile_restricted: { level: 'restricted' },
  sysctls: { level: 'baseline' },
  windowsHostProcess: { level: 'baseline' },
} as const satisfies Readonly<Record<string, PodSecurityCheck>>;

export type PodSecurityId = keyof typeof POD_SECURITY;

/** Pod Security lets pods with their own user namespace run as root, and with an unmasked /proc, since this version. */
export const USER_NAMESPACE_RELAXED = 35;
