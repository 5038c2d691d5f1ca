/** The pod that a workload's controller would make of it. */
import { valueAt } from '../manifest/position.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from './value.ts';
import type { Workload } from './workload.ts';

/** A Pod object as the API server would see it, but for defaults; values are those of the document, never copied. */
export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: JsonObject;
    readonly annotations: JsonObject;
  };
  readonly spec: JsonObject;
}

/**
 * The first pod of a workload: a StatefulSet's is `NAME-0` with a claim `TEMPLATE-NAME-0` for each of its templates.
 * Labels and annotations are the template's.
 */
export function podOf(workload: Workload): Pod {
  const holder = objectOr(valueAt(workload.document.value, workload.podSpecPath.slice(0, -1)));
  const metadata = objectOr(holder.metadata);
  const stateful = workload.kind === 'StatefulSet';
  const name = stateful ? `${workload.name}-0` : workload.name;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: workload.namespace ?? 'default',
      labels: objectOr(metadata.labels),
      annotations: objectOr(metadata.annotations),
    },
    spec: stateful ? withClaims(workload, name) : workload.podSpec,
  };
}

function withClaims(workload: Workload, podName: string): JsonObject {
  const templates = valueAt(workload.document.value, [...workload.objectPath, 'spec', 'volumeClaimTemplates']);
  const claims = new Map<string, JsonObject>();
  for (const template of listOf(templates)) {
    const name = textOf(objectOr(objectOr(template).metadata).name);
    if (name !== undefined) claims.set(name, { name, persistentVolumeClaim: { claimName: `${name}-${podName}` } });
  }
  if (claims.size === 0) return workload.podSpec;
  const others = listOf(workload.podSpec.volumes).filter((v) => !isObject(v) || !claims.has(textOf(v.name) ?? ''));
  return { ...workload.podSpec, volumes: [...others, ...claims.values()] };
}
