/** In the host's process namespace, /proc/PID/root is a door to the files of the host and of every other container. */
import { hasAdded } from '../workload/capabilities.ts';
import type { ContainerControl } from './control.ts';
import { weakestOf } from './neighbours.ts';
import { cis, hardeningGuide, podSecurity, technique } from './references.ts';
import { asUser, userArgs } from './user-words.ts';

const control: ContainerControl = {
  id: 'host-pid',
  on: 'container',
  title: "The pod does not share the host's processes",
  why: `With \`hostPID: true\` the container sees every process of the node. \`/proc/PID/root\` of a process outside of the
container is that process's filesystem, the node's own among them, where the container's root filesystem is an ordinary
directory. Precondition: uid 0, and either \`SYS_PTRACE\` or a process with no more capabilities than the container; the
kernel asks that before it opens the door. A user that is not root reaches only processes of its own
uid: those of a weaker container of the same pod are such, as with \`shareProcessNamespace\`.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    cis('5.2.3'),
    podSecurity('baseline'),
    hardeningGuide('pod security enforcement'),
    technique('T1611', 'Escape to Host'),
    technique('T1055.008', 'Ptrace System Calls'),
  ],
  aliases: [
    'Checkov: CKV_K8S_17',
    'Gatekeeper: K8sPSPHostNamespace',
    'KubeLinter: host-pid',
    'Kubescape: C-0038',
    'Kubescape: C-0275',
    'Kyverno: disallow-host-namespaces',
    'Polaris: hostPIDSet',
    'Trivy: KSV-0010',
  ],
  podSecurity: ['hostNamespaces'],
  check({ workload, container, user, neighbours }) {
    if (workload.podSpec.hostPID !== true) return [];
    const weaker = user.mayBeRoot ? undefined : weakestOf(neighbours);
    return [
      {
        path: [...workload.podSpecPath, 'hostPID'],
        verdict: user.mayBeRoot || weaker !== undefined ? 'bypassable' : 'immutable',
        args: {
          ...userArgs(user),
          ptrace: hasAdded(container.settings, 'SYS_PTRACE'),
          ...(weaker === undefined ? {} : { neighbour: weaker.container.name, neighbourVerdict: weaker.verdict }),
        },
      },
    ];
  },
  phrase: "shares the host's processes",
  message(args) {
    if (args.neighbour !== undefined) {
      return (
        `\`hostPID: true\` ${asUser(args)}, beside ${args.neighbour}, which is ${args.neighbourVerdict}: ` +
        'through `/proc/PID/root` the weaker one decides for both.'
      );
    }
    if (!args.mayBeRoot)
      return `\`hostPID: true\` ${asUser(args)}: of the host's processes only those of the same uid are in reach.`;
    const which = args.ptrace ? 'any process of the host' : 'a host process with no more capabilities';
    return `\`hostPID: true\` ${asUser(args)}: \`/proc/PID/root\` of ${which} leads to the node's files.`;
  },
  fix: { kind: 'needs-human', why: 'Monitoring and debugging agents need it; nothing else should.' },
  cel: '!has(spec.hostPID) || !spec.hostPID',
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  hostPID: true # <-
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsUser: 0
        capabilities:
          drop: [ALL]
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: agent
spec:
  hostPID: false
  containers:
    - name: agent
      image: registry.example/agent:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
