/** Checks of other tools that are near this subject and that Petrify leaves out on purpose. */

export interface NotOurs {
  /** As in a control's aliases. */
  readonly ids: readonly string[];
  readonly why: string;
}

export const notOurs: readonly NotOurs[] = [
  {
    ids: ['Checkov: CKV_K8S_40', 'Trivy: KSV-0020', 'Trivy: KSV-0021'],
    why: 'A uid or gid above 10000 keeps users of the node apart; to its own container any but 0 is the same.',
  },
  {
    ids: [
      'Checkov: CKV_K8S_15',
      'Kyverno: always-pull-images',
      'Kyverno: imagepullpolicy-always',
      'Polaris: pullPolicyNotAlways',
      'kube-score: container-image-pull-policy',
    ],
    why: 'Pulling a tag each time makes the next pod differ sooner; with a digest it makes no difference. See image-digest.',
  },
  {
    ids: [
      'Checkov: CKV_K8S_49',
      'KubeLinter: wildcard-in-rules',
      'Kubescape: C-0187',
      'Trivy: KSV-0044',
      'Trivy: KSV-0045',
      'Trivy: KSV-0046',
    ],
    why: 'Wildcards in roles are a subject of their own; those that open running containers are found by exec-access.',
  },
  {
    ids: ['KubeLinter: access-to-create-pods', 'Kubescape: C-0188', 'Trivy: KSV-0048'],
    why: 'Who may create pods makes new ones; that does not change one that runs.',
  },
  {
    ids: ['Checkov: CKV_K8S_35', 'KubeLinter: read-secret-from-env-var', 'Kubescape: C-0207'],
    why: 'Secrets in the environment are about reading them, and they stay as they were at the start.',
  },
  {
    ids: [
      'Checkov: CKV_K8S_1',
      'Checkov: CKV_K8S_2',
      'Checkov: CKV_K8S_3',
      'Checkov: CKV_K8S_4',
      'Checkov: CKV_K8S_5',
      'Checkov: CKV_K8S_6',
      'Checkov: CKV_K8S_7',
      'Checkov: CKV_K8S_24',
      'Checkov: CKV_K8S_32',
      'Checkov: CKV_K8S_36',
    ],
    why: 'They look at PodSecurityPolicy objects, which Kubernetes removed in 1.25.',
  },
  {
    ids: ['Kubescape: C-0042', 'Kubescape: C-0062', 'KubeLinter: ssh-port'],
    why: 'A daemon for ssh or a sudo in the command is seen by its effects: ports, capabilities, privilege escalation.',
  },
  {
    ids: ['Checkov: CKV_K8S_29', 'Checkov: CKV_K8S_30', 'Kubescape: C-0211', 'Trivy: KSV-0118'],
    why: 'They ask for some securityContext, whatever it says; here every setting of it has a control of its own.',
  },
];
