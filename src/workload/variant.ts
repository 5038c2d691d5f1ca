/** Changed copies of a workload for the sandbox: the naive fix, a relaxed copy to observe, a weakened twin. */

import { valueAt } from '../manifest/position.ts';
import { documentFromValue } from '../manifest/read.ts';
import { CONTAINER_LISTS } from './containers.ts';
import { findWorkloads } from './find.ts';
import { isObject, type JsonObject, listOf } from './value.ts';
import type { Workload } from './workload.ts';

/** What `variantOf` hands over to be changed: the copy's pod spec and all of its containers, as plain objects. */
export interface Draft {
  readonly podSpec: Record<string, unknown>;
  readonly containers: readonly Record<string, unknown>[];
}

/** A copy of `workload` after `change`; the workload itself and its text stay as they are. Never for a user's file. */
export function variantOf(workload: Workload, change: (draft: Draft) => void): Workload {
  const value = structuredClone(workload.document.value);
  const podSpec = valueAt(value, workload.podSpecPath) as JsonObject;
  change({ podSpec, containers: CONTAINER_LISTS.flatMap(([list]) => listOf(podSpec[list]).filter(isObject)) });
  return sameWorkload(workload, findWorkloads(documentFromValue(workload.source.file, value)));
}

/** The workload among `others` that stands at the same place of its document. Its absence is a defect. */
export function sameWorkload(workload: Workload, others: readonly Workload[]): Workload {
  const place = JSON.stringify(workload.podSpecPath);
  const same = others.find((other) => JSON.stringify(other.podSpecPath) === place);
  if (!same) throw new Error(`the copy of ${workload.kind} ${workload.name} lost its pod spec at ${place}`);
  return same;
}

/** Merges into a container's securityContext, creating it where it is missing. */
export function setSecurityContext(container: Record<string, unknown>, values: JsonObject): void {
  const context = isObject(container.securityContext) ? container.securityContext : {};
  container.securityContext = { ...context, ...values };
}

/** The same workload with a read-only root in every container and nothing else changed: what every autofixer does. */
export function readOnlyRootAlone(workload: Workload): Workload {
  return variantOf(workload, ({ containers }) => {
    for (const container of containers) setSecurityContext(container, { readOnlyRootFilesystem: true });
  });
}

/** The same workload with a writable root, so that everything it wants to write can be seen. */
export function writableRoot(workload: Workload): Workload {
  return variantOf(workload, ({ containers }) => {
    for (const container of containers) setSecurityContext(container, { readOnlyRootFilesystem: false });
  });
}
