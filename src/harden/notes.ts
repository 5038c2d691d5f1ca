/** What a reader of a hardened workload must know although it works. */
import type { Plan } from '../plan/plan.ts';
import { shellWord } from '../plan/shell-word.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { listOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import { canReach, type Knowledge, layoutOf, writablePaths } from './knowledge.ts';
import type { Trial } from './run.ts';
import { covers } from './trial.ts';

/** Paths named in one sentence. */
const MAX_NAMED = 4;

export interface Said {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

export interface Telling {
  readonly workload: Workload;
  readonly profile: ImmutabilityProfile;
  readonly trial: Trial;
  readonly learned: Knowledge;
  readonly plan: Plan;
}

export function notesOf(telling: Telling): Said {
  return {
    warnings: [...complaints(telling), ...lostState(telling), ...claimTemplates(telling)],
    notes: [
      ...mutableConfiguration(telling),
      ...startedOtherwise(telling),
      ...tolerated(telling),
      ...unreachable(telling),
      ...telling.trial.observation.differences,
    ],
  };
}

function complaints({ trial }: Telling): string[] {
  return trial.verdict.complaints
    .slice(0, MAX_NAMED)
    .map((line) => `it answers as before, but logs what it did not log before, whatever was tried: ${line}`);
}

/** State on an emptyDir is gone with the pod. */
function lostState({ profile, trial }: Telling): string[] {
  return profile.spec.containers.flatMap(({ name, writable }) => {
    const { mounts } = trial.observation.containers.find((container) => container.name === name)!;
    const emptyDirs = new Set(
      mounts.filter(({ volumeKind }) => volumeKind === 'emptyDir').map((mount) => mount.mountPath),
    );
    return writable
      .filter(({ path, kind }) => kind === 'state' && emptyDirs.has(path))
      .map(
        ({ path }) =>
          `${name} keeps state in ${path}: on an emptyDir it is LOST when the pod is replaced. Use a StatefulSet, or --state claim`,
      );
  });
}

/** The API server forbids to change the templates of a StatefulSet that is there. */
function claimTemplates({ workload, plan }: Telling): string[] {
  const added = plan.changes.some(({ path }) => path.includes('volumeClaimTemplates'));
  if (!added) return [];
  const namespace = workload.namespace === undefined ? '' : ` --namespace ${shellWord(workload.namespace)}`;
  return [
    `volumeClaimTemplates of a StatefulSet that exists cannot be changed: where it runs already, \`kubectl delete statefulset ${shellWord(workload.name)}${namespace} --cascade=orphan\` first (its pods go on running), then apply`,
  ];
}

/** Where it starts, or how, in another way than its author wrote. */
function startedOtherwise({ workload, plan }: Telling): string[] {
  return workload.containers.flatMap(({ name, path }) => {
    const changed = (field: string) => plan.changes.find((change) => change.path.join() === [...path, field].join());
    const [directory, command] = [changed('workingDir'), changed('command')];
    return [
      directory &&
        `${name} starts in ${directory.value} now: ${directory.because}; files there last as long as the pod`,
      command && `${name} is started through a shell now (${listOf(command.value)[2]}): ${command.because}`,
    ].filter((line) => line !== undefined);
  });
}

function mutableConfiguration({ profile }: Telling): string[] {
  return profile.spec.containers.flatMap(({ name, writable }) =>
    writable
      .filter(({ kind }) => kind === 'configuration')
      .map(({ path }) => `${name} writes its configuration in ${path}: it stays mutable, and lasts as long as the pod`),
  );
}

/** What it was refused without anything else changing. */
function tolerated({ trial, plan }: Telling): string[] {
  const notes = plan.leftOut.map(
    ({ container, path, because }) => `${container} wrote into ${path} as it was, and works without: ${because}`,
  );
  const byContainer = new Map<string, Set<string>>();
  for (const { container, evidence } of trial.verdict.tolerated) {
    if (plan.leftOut.some((one) => one.container === container && covers(one, evidence.path))) continue;
    byContainer.set(container, (byContainer.get(container) ?? new Set()).add(evidence.path));
  }
  for (const [container, paths] of byContainer) {
    const named = [...paths].slice(0, MAX_NAMED).join(', ');
    const more = paths.size > MAX_NAMED ? ` and ${paths.size - MAX_NAMED} more` : '';
    notes.push(`${container} was refused to change ${named}${more}, said nothing of it, and works without`);
  }
  return notes;
}

function unreachable({ profile, trial, learned }: Telling): string[] {
  return profile.spec.containers.flatMap(({ name }) => {
    const { mounts, user } = trial.observation.containers.find((container) => container.name === name)!;
    return writablePaths(learned, name, mounts)
      .filter(({ path }) => !canReach(layoutOf(learned, name), path, user))
      .map(
        ({ path }) =>
          `${name} wrote into ${path} as it was; user ${user.uid} cannot get there, and no refusal was logged`,
      );
  });
}
