/** The objects that a plan changes, each before and after: what every rendering but the text itself begins with. */
import type { ManifestDocument, Path } from '../manifest/document.ts';
import { draftOf } from '../manifest/draft.ts';
import { valueAt } from '../manifest/position.ts';
import { objectOr, textOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import type { Change } from './change.ts';
import { type Replayed, replay } from './replay.ts';

/** What is to be done to one workload. */
export interface PlannedWorkload {
  readonly workload: Workload;
  readonly changes: readonly Change[];
}

export interface PatchedObject extends Replayed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string | undefined;
  /** undefined: it has none, or only a `generateName`. */
  readonly name: string | undefined;
  readonly before: unknown;
  /** Relative to the object, as all paths here. */
  readonly podSpecPaths: readonly Path[];
  readonly document: ManifestDocument;
  readonly objectPath: Path;
}

/**
 * One entry an object that becomes another, in the order of the input: the items of a List are objects of their own, and an
 * object with several pod specs is one. Throws `Failure('bad-manifest')` where a path leads through a value of another kind.
 */
export function patchedObjects(planned: readonly PlannedWorkload[]): readonly PatchedObject[] {
  const groups = new Map<ManifestDocument, Map<string, PlannedWorkload[]>>();
  for (const one of planned) {
    const { document, objectPath } = one.workload;
    const objects = groups.get(document) ?? new Map<string, PlannedWorkload[]>();
    groups.set(document, objects);
    const at = JSON.stringify(objectPath);
    objects.set(at, [...(objects.get(at) ?? []), one]);
  }
  return [...groups.values()].flatMap((objects) => [...objects.values()].map(patchedObject)).filter(isChanged);
}

function patchedObject(planned: readonly PlannedWorkload[]): PatchedObject {
  const { document, objectPath, apiVersion, kind, namespace } = planned[0]!.workload;
  const changes = planned.flatMap((one) => one.changes);
  draftOf(document, changes);
  const before = valueAt(document.value, objectPath);
  const relative = changes.map((change) => ({ ...change, path: change.path.slice(objectPath.length) }));
  return {
    ...replay(before, relative),
    apiVersion,
    kind,
    namespace,
    name: textOf(objectOr(objectOr(before).metadata).name),
    before,
    podSpecPaths: planned.map(({ workload }) => workload.podSpecPath.slice(objectPath.length)),
    document,
    objectPath,
  };
}

const isChanged = ({ made }: PatchedObject) => made.length > 0;
