/** A privileged container can remount its read-only root, and write to the host's /proc and /sys. */
import type { ContainerControl } from './control.ts';
import { cis, hardeningGuide, podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'privileged',
  on: 'container',
  title: 'The container is not privileged',
  why: `A privileged container has every capability, every device, no seccomp or AppArmor profile, and an unmasked
/proc and /sys. A read-only root still stops ordinary writes, but uid 0 remounts it (\`mount -o remount,rw /\`) and
changes settings of the host, such as \`vm.swappiness\`. With \`hostUsers: false\` the plain remount and the host's
settings are refused, but \`remount,bind,rw\` still makes the root writable. A non-root user has none of these
capabilities in effect, until a setuid-root program of the image gives them back: see \`allow-privilege-escalation\`.`,
  verdict: 'bypassable',
  level: 'minimal',
  references: [
    cis('5.2.2'),
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    technique('T1611', 'Escape to Host'),
  ],
  aliases: [
    'Checkov: CKV_K8S_16',
    'Gatekeeper: K8sPSPPrivilegedContainer',
    'KubeLinter: privileged-container',
    'Kubescape: C-0057',
    'Kyverno: disallow-privileged-containers',
    'Polaris: runAsPrivileged',
    'Trivy: KSV-0017',
    'kube-score: container-security-context-privileged',
  ],
  podSecurity: ['privileged'],
  check({ workload, container, user }) {
    const setting = container.settings.privileged;
    if (!setting.value) return [];
    const userNamespace = workload.podSpec.hostUsers === false;
    const verdict = user.mayBeRoot ? 'bypassable' : 'immutable';
    return [{ path: setting.path, verdict, args: { ...userArgs(user), userNamespace } }];
  },
  phrase: 'privileged',
  message(args) {
    if (!args.mayBeRoot) {
      return (
        `Privileged ${asUser(args)}: no capability is in effect, so a remount is refused; ` +
        'a setuid-root program in the image gives them all back.'
      );
    }
    if (args.userNamespace) {
      return (
        `Privileged ${asUser(args)} in a user namespace: \`remount,rw\` and the host's settings are refused, ` +
        'but `mount -o remount,bind,rw /` makes the root writable.'
      );
    }
    return (
      `Privileged ${asUser(args)}: \`mount -o remount,rw /\` makes the root writable, ` +
      "and the host's settings under /proc/sys can be changed."
    );
  },
  fix: {
    kind: 'needs-human',
    why: 'What the container needs the privilege for decides what can replace it: one capability, one device, or nothing.',
  },
  cel: '!has(c.securityContext) || !has(c.securityContext.privileged) || !c.securityContext.privileged',
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
        privileged: true # <-
        runAsUser: 0
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
        privileged: false
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
