/** Containers that share processes share files: the weakest of them decides. */
import type { Path } from '../manifest/document.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { ContainerControl } from './control.ts';
import { targetOf, weakestOf } from './neighbours.ts';
import { technique } from './references.ts';

const control: ContainerControl = {
  id: 'shared-process-namespace',
  on: 'container',
  title: 'No weaker container shares the processes',
  why: `With \`shareProcessNamespace: true\`, or for the target of an ephemeral (debug) container, \`/proc/PID/root\` of one container
shows the filesystem of the other, its writable places included. Where the neighbour's root is writable, there is a place
to drop and run programs; where the neighbour can remount or trace, it can do so to this container. Precondition: a
neighbour that is itself mutable or bypassable, and the same user or \`SYS_PTRACE\`. Among containers that are immutable
themselves no root becomes writable; where they run as the same user, each still reaches the volumes and the memory of the
other, and can end its processes: \`prove\` lists it. An ephemeral container stays in the pod's spec for ever.`,
  verdict: 'bypassable',
  level: 'standard',
  references: [
    {
      title: 'Kubernetes: share process namespace',
      url: 'https://kubernetes.io/docs/tasks/configure-pod-container/share-process-namespace/',
    },
    technique('T1055.009', 'Proc Memory'),
    { title: 'proc_pid_root(5)', url: 'https://man7.org/linux/man-pages/man5/proc_pid_root.5.html' },
  ],
  aliases: [],
  check({ workload, container, neighbours }) {
    const path = sharedAt(workload, container);
    if (path === undefined) return [];
    const weaker = weakestOf(neighbours);
    if (weaker === undefined) return [{ path, verdict: 'immutable', args: {} }];
    const args = { neighbour: weaker.container.name, neighbourVerdict: weaker.verdict };
    return [{ path, verdict: 'bypassable', args }];
  },
  phrase: 'shares its processes with a neighbour',
  message(args) {
    if (args.neighbour === undefined)
      return 'Shares its processes, with no weaker neighbour: no root is writable by it, but what runs as the same user can be changed.';
    return (
      `Shares its processes with ${args.neighbour}, which is ${args.neighbourVerdict}: ` +
      'through `/proc/PID/root` the weaker one decides for both.'
    );
  },
  fix: {
    kind: 'needs-human',
    why: 'Some pods signal or watch the processes of a neighbour; harden the neighbour, or give that up.',
  },
  cel:
    '(!has(spec.shareProcessNamespace) || !spec.shareProcessNamespace) && ' +
    '(!has(spec.ephemeralContainers) || !spec.ephemeralContainers.exists(e, ' +
    "has(e.targetContainerName) && e.targetContainerName != '' && (e.targetContainerName == c.name || e.name == c.name)))",
  bad: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  shareProcessNamespace: true # <-
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
    - name: reloader # its root is writable, so it weakens both
      image: registry.example/reloader:1
      securityContext:
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
  good: `apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  shareProcessNamespace: false
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
    - name: reloader
      image: registry.example/reloader:1
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities:
          drop: [ALL]
`,
};

/** Where the sharing is written: the pod's field, or the ephemeral container that joins this one or is it. */
function sharedAt(workload: Workload, container: Container): Path | undefined {
  if (workload.podSpec.shareProcessNamespace === true) return [...workload.podSpecPath, 'shareProcessNamespace'];
  if (workload.containers.at(-1)?.role !== 'ephemeral') return undefined;
  const joining =
    targetOf(container) === undefined
      ? workload.containers.find((other) => targetOf(other) === container.name)
      : container;
  return joining === undefined ? undefined : [...joining.path, 'targetContainerName'];
}

export default control;
