/** Create files in another container of the pod, through `/proc/PID/root` of one of its processes. */
import { cleanPath } from '../../workload/file-path.ts';
import type { Attack, ProbeTry } from '../attack.ts';
import { createFile } from '../dropping.ts';
import { directoriesOf, throughProcess } from '../processes.ts';
import { decidesWhatRuns, type Neighbour, type Target } from '../target.ts';

/**
 * Of the directories that can be seen, those of the neighbour itself: an absolute link below `/proc/PID/root` leads back
 * to this container's own files. Its root is tried even where the kernel does not show it.
 */
function triesOn(target: Target, neighbour: Neighbour): readonly ProbeTry[] {
  const own = new Set(target.mounts.map(({ id }) => id));
  const root = target.paths.get(throughProcess(neighbour, '/'));
  return directoriesOf(neighbour).flatMap((directory): ProbeTry[] => {
    const path = throughProcess(neighbour, directory);
    const facts = target.paths.get(path);
    const there = facts?.kind === 'directory' && !own.has(facts.mountId);
    if (!there && directory !== '/') return [];
    const onRoot = facts === undefined || facts.mountId === root?.mountId;
    const gain = onRoot || !isOwnVolume(neighbour, directory) ? 'succeeded' : 'residual';
    return [{ ...createFile(target, path), place: `${neighbour.container.name}:${directory}`, gain }];
  });
}

/** A volume that the neighbour may write, as open here as it is there: not the host's, and not where programs are found. */
function isOwnVolume({ container }: Neighbour, directory: string): boolean {
  if (decidesWhatRuns(directory)) return false;
  const mount = container.mounts.find(({ mountPath }) => cleanPath(mountPath) === directory);
  return mount !== undefined && mount.volumeKind !== 'hostPath' && !mount.readOnly;
}

const attack: Attack = {
  id: 'neighbour-files',
  title: "Write another container's files through /proc",
  family: 'neighbours',
  technique: 'T1036',
  harmless: true,
  why: 'In a shared process namespace, /proc/PID/root shows the files of every container: the one with the weakest root decides.',
  stoppedBy: ['shared-process-namespace', 'host-pid', 'read-only-root-filesystem'],
  opens: {
    kind: 'place',
    why: "a neighbour's volume, in reach through /proc/PID/root because the pod shares its processes",
  },
  plan(target) {
    const { neighbours } = target;
    if (typeof neighbours === 'string') return { tries: [], skipped: [{ place: '', reason: neighbours }] };
    return { tries: neighbours.flatMap((neighbour) => triesOn(target, neighbour)), skipped: [] };
  },
};

export default attack;
