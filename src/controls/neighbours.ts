/** Which containers of a pod see each other's processes, and with them each other's files under `/proc/PID/root`. */
import { runTogether } from '../workload/concurrent.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Neighbour } from './control.ts';

/** The container that an ephemeral container joins, by name; undefined for any other. */
export function targetOf(container: Container): string | undefined {
  const target = container.spec.targetContainerName;
  return container.role === 'ephemeral' && typeof target === 'string' && target !== '' ? target : undefined;
}

/** Containers that run at the same time as this one and share its process namespace. */
export function neighboursOf(workload: Workload, container: Container): readonly Container[] {
  const all = workload.containers;
  const { shareProcessNamespace, hostPID } = workload.podSpec;
  if (shareProcessNamespace === true || hostPID === true) {
    return all.filter((other) => other !== container && runTogether(container, other));
  }
  if (all.at(-1)?.role !== 'ephemeral') return NOBODY;
  const target = targetOf(container);
  return all.filter(
    (other) =>
      other !== container && (targetOf(other) === container.name || (target !== undefined && other.name === target)),
  );
}

const NOBODY: readonly Container[] = [];

/** The neighbour that weakens most; undefined where each is immutable itself. */
export function weakestOf(neighbours: readonly Neighbour[]): Neighbour | undefined {
  return (
    neighbours.find(({ verdict }) => verdict === 'mutable') ??
    neighbours.find(({ verdict }) => verdict === 'bypassable')
  );
}
