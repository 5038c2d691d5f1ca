/** Where state goes: a claim template, a claim, or an emptyDir that ends with the pod; and why it may not be what was asked for. */
import { valueAt } from '../manifest/position.ts';
import type { PathKind } from '../profile/evidence.ts';
import { type JsonObject, objectOr, textOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import { claimSpec, type PlannedVolume, type Storage } from './volumes.ts';

/** `claim`: state of anything but a StatefulSet gets a claim of its own instead of an emptyDir. */
export type StatePolicy = 'claim' | undefined;

/** Longest name of an object. */
const MAX_NAME = 253;
/** Kinds whose pods are one at a time by nature. */
const SINGLE: ReadonlySet<string> = new Set(['Pod']);

/** Where a volume's content lives. */
export function storageFor(
  workload: Workload,
  { name, path }: Pick<PlannedVolume, 'name' | 'path'>,
  policy: StatePolicy,
): Storage {
  if (!isState(path.kind)) return { kind: 'emptyDir' };
  if (workload.kind === 'StatefulSet') return { kind: 'claimTemplate' };
  return policy === 'claim' ? { kind: 'claim', claimName: claimName(workload, name) } : { kind: 'emptyDir' };
}

const isState = (kind: PathKind) => kind === 'state';

function claimName(workload: Workload, volume: string): string {
  return `${workload.name}-${volume}`.slice(0, MAX_NAME).replace(/[^a-z0-9]+$/, '');
}

/** Why a workload cannot share one ReadWriteOnce claim, one sentence; undefined: it can. */
export function claimObstacle(workload: Workload): string | undefined {
  if (SINGLE.has(workload.kind)) return undefined;
  const subject = `${workload.kind} ${workload.name}`;
  if (workload.kind !== 'Deployment')
    return `${subject} runs pods side by side, which cannot share one ReadWriteOnce claim`;
  const spec = objectOr(valueAt(workload.document.value, [...workload.objectPath, 'spec']));
  const replicas = spec.replicas ?? 1;
  if (replicas !== 1)
    return `${subject} has ${String(replicas)} replicas, and one ReadWriteOnce claim serves one; use a StatefulSet, or replicas: 1`;
  if (textOf(objectOr(spec.strategy).type) !== 'Recreate')
    return `${subject} starts its next pod before the last one ends, and both would need the same claim; set strategy.type: Recreate`;
  return undefined;
}

/** The claim that an output brings along. */
export function claimDocument(workload: Workload, claimName: string, size: string): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claimName, ...(workload.namespace === undefined ? {} : { namespace: workload.namespace }) },
    spec: claimSpec(size),
  };
}
