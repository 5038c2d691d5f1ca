/** Finds every workload of a document: single objects, lists of them, and pod templates inside any other object. */
import type { ManifestDocument, Path } from '../manifest/document.ts';
import { nodeAt, positionOf, valueAt } from '../manifest/position.ts';
import { containersOf } from './containers.ts';
import { volumesOf } from './mounts.ts';
import { canBeSkipped, podSpecPaths } from './pod-spec.ts';
import { isObject, type JsonObject, objectOr, textOf } from './value.ts';
import type { Workload } from './workload.ts';

/** Lists inside lists: `kubectl` writes one level, nobody needs more than a few. */
const MAX_LIST_DEPTH = 8;

/**
 * The workloads of one document, in the order written. Several pod templates in one object are several workloads with
 * the same name and different `podSpecPath`. An object without a kind, or that makes no pods, yields none.
 * Never throws, whatever the document holds.
 */
export function findWorkloads(document: ManifestDocument): Workload[] {
  const found: Workload[] = [];
  if (canBeSkipped(textAt(document, 'apiVersion'), textAt(document, 'kind')) && !holdsItems(document)) return found;
  visit(document, document.value, [], undefined, found);
  return found;
}

/** A string at the top of the tree: read there, a Service's or ConfigMap's whole value never has to be made. */
function textAt(document: ManifestDocument, key: string): string {
  const node = nodeAt(document, [key]);
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : '';
}

/** What an item of a typed list (`PodList`) is when it does not say so itself: the API server leaves it out. */
export interface Inherited {
  readonly apiVersion: string;
  readonly kind: string;
}

/** `kubectl` takes whatever has `items` for a list, and makes each of them. */
export function holdsItems(document: ManifestDocument): boolean {
  return nodeAt(document, ['items']) !== undefined;
}

/** What the items of a list are that do not say so themselves; undefined where only they can say it. */
export function itemsOf(apiVersion: string, kind: string): Inherited | undefined {
  return kind !== 'List' && kind.endsWith('List') ? { apiVersion, kind: kind.slice(0, -'List'.length) } : undefined;
}

function visit(
  document: ManifestDocument,
  value: unknown,
  path: Path,
  inherited: Inherited | undefined,
  found: Workload[],
): void {
  if (!isObject(value)) return;
  const kind = textOf(value.kind) ?? inherited?.kind;
  const apiVersion = textOf(value.apiVersion) ?? inherited?.apiVersion ?? '';
  if (kind === undefined) return;
  const { items, ...own } = value;
  if (Array.isArray(items)) {
    if (path.length >= MAX_LIST_DEPTH * 2) return;
    const of = itemsOf(apiVersion, kind);
    for (const [index, item] of items.entries()) visit(document, item, [...path, 'items', index], of, found);
  }
  for (const below of podSpecPaths(Array.isArray(items) ? own : value, apiVersion, kind)) {
    found.push(workloadAt(document, value, path, apiVersion, kind, below));
  }
}

function workloadAt(
  document: ManifestDocument,
  object: JsonObject,
  objectPath: Path,
  apiVersion: string,
  kind: string,
  below: Path,
): Workload {
  const metadata = objectOr(object.metadata);
  const podSpec = objectOr(valueAt(object, below));
  const podSpecPath: Path = [...objectPath, ...below];
  const claimTemplates = kind === 'StatefulSet' ? objectOr(object.spec).volumeClaimTemplates : undefined;
  const volumes = volumesOf(podSpec, podSpecPath, claimTemplates, [...objectPath, 'spec', 'volumeClaimTemplates']);
  return {
    apiVersion,
    kind,
    namespace: textOf(metadata.namespace),
    name: textOf(metadata.name) ?? textOf(metadata.generateName) ?? '(unnamed)',
    objectPath,
    podSpecPath,
    podSpec,
    containers: containersOf(podSpec, podSpecPath, volumes),
    source: { file: document.text.file, document: document.index, line: positionOf(document, objectPath).line },
    document,
  };
}
