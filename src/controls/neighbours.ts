/** Which containers of a pod see each other's processes, and with them each other's files under `/proc/PID/root`. */
import type { Container, Workload } from '../workload/workload.ts';

/** The container that an ephemeral container joins, by name; undefined for any other. */
export function targetOf(container: Container): string | undefined {
  const target = container.spec.targetContainerName;
  return container.role === 'ephemeral' && typeof target === 'string' && target !== '' ? target : undefined;
}

/** Containers that run at the same time as this one and share its process namespace. */
export function neighboursOf(workload: Workload, container: Container): readonly Container[] {
  const all = workload.containers;
  if (workload.podSpec.shareProcessNamespace === true) {
    return all.filter((other) => other !== container && meet(container, other));
  }
  if (all.at(-1)?.role !== 'ephemeral') return NOBODY;
  const target = targetOf(container);
  return all.filter(
    (other) =>
      other !== container && (targetOf(other) === container.name || (target !== undefined && other.name === target)),
  );
}

const NOBODY: readonly Container[] = [];

/** Init containers have ended before the main ones start; sidecars and ephemeral ones meet everybody. */
function meet(a: Container, b: Container): boolean {
  const passing = a.role === 'init' ? b : b.role === 'init' ? a : undefined;
  return passing === undefined || passing.role === 'sidecar' || passing.role === 'ephemeral';
}
