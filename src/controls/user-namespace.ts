/** A user namespace of its own makes the container's root nobody on the node. */
import { listOf, objectOr } from '../workload/value.ts';
import type { PodControl } from './control.ts';
import { kubernetes, technique } from './references.ts';
import { everyContainer } from './security-contexts.ts';

/** The first version in which the feature is on without a gate. */
const SINCE = 33;

const control: PodControl = {
  id: 'user-namespace',
  on: 'pod',
  title: 'The pod has its own user namespace',
  why: `With \`hostUsers: false\` uid 0 of the container is an unprivileged user of the node: whoever breaks out is nobody there,
settings below /proc/sys stay the host's, and \`SYS_MODULE\` or \`DAC_READ_SEARCH\` reach nothing. It does not replace a
read-only root: \`mount -o remount,bind,rw /\` still works for a root with \`SYS_ADMIN\`. On by default since Kubernetes
1.33, so it is asked for from there on, and not of pods that share a namespace of the host, which cannot have it.`,
  verdict: 'immutable',
  level: 'strict',
  references: [
    kubernetes('user namespaces', 'concepts/workloads/pods/user-namespaces/'),
    technique('T1611', 'Escape to Host'),
  ],
  aliases: [],
  check({ workload, target }) {
    const { podSpec, podSpecPath, containers } = workload;
    const { hostUsers, hostNetwork, hostPID, hostIPC } = podSpec;
    if (hostUsers === false || target.minor < SINCE) return [];
    if (hostNetwork === true || hostPID === true || hostIPC === true) return [];
    if (objectOr(podSpec.os).name === 'windows') return [];
    if (containers.some(({ spec }) => listOf(spec.volumeDevices).length > 0)) return [];
    return [{ path: [...podSpecPath, 'hostUsers'], verdict: 'immutable', args: { written: hostUsers === true } }];
  },
  phrase: "root would be the host's root",
  message: ({ written }) =>
    `${written ? '`hostUsers: true`' : '`hostUsers` is not set, and its default is true'}: a uid of the container is the same uid on the node.`,
  fix: {
    kind: 'needs-evidence',
    describe: 'Set `hostUsers: false` where the nodes support it; volumes need id-mapped mounts.',
  },
  cel:
    'has(spec.hostUsers) && !spec.hostUsers || has(spec.hostNetwork) && spec.hostNetwork || has(spec.hostPID) && spec.hostPID || ' +
    "has(spec.hostIPC) && spec.hostIPC || has(spec.os) && spec.os.name == 'windows' || " +
    `!(${everyContainer('(!has(x.volumeDevices) || x.volumeDevices.all(d, false))')})`,
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostUsers: true # <-
  containers:
    - name: web
      image: registry.example/web:1
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
  name: web
spec:
  hostUsers: false
  containers:
    - name: web
      image: registry.example/web:1
      securityContext:
        readOnlyRootFilesystem: true
        runAsNonRoot: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

export default control;
