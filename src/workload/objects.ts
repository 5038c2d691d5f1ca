/** Objects beside workloads that decide what may be changed while it runs: who may exec, what a namespace enforces, what is mounted. */
import type { ManifestDocument, Path } from '../manifest/document.ts';
import { positionOf } from '../manifest/position.ts';
import { type Inherited, itemsOf } from './find.ts';
import { isObject, type JsonObject, objectOr, textOf } from './value.ts';
import type { WorkloadSource } from './workload.ts';

export type ObjectKind = 'ClusterRole' | 'ConfigMap' | 'Namespace' | 'Role' | 'Secret' | 'Settings';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: ObjectKind;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Path to the object inside its document: [] but for the items of a List. */
  readonly objectPath: Path;
  /** As written: never trust a type in here. */
  readonly value: JsonObject;
  readonly source: WorkloadSource;
  readonly document: ManifestDocument;
}

const API_VERSIONS: Readonly<Record<ObjectKind, RegExp>> = {
  ClusterRole: /^rbac\.authorization\.k8s\.io\//,
  ConfigMap: /^v1$/,
  Namespace: /^v1$/,
  Role: /^rbac\.authorization\.k8s\.io\//,
  Secret: /^v1$/,
  /** Petrify's own, never in a cluster. */
  Settings: /^petrify\.dev\//,
};

/** Lists inside lists: `kubectl` writes one level, nobody needs more than a few. */
const MAX_LIST_DEPTH = 8;

/** Whether an object is of a kind that some control looks at. */
export function isObjectKind(apiVersion: string, kind: string): kind is ObjectKind {
  return Object.hasOwn(API_VERSIONS, kind) && API_VERSIONS[kind as ObjectKind].test(apiVersion);
}

/** The objects of these kinds in one document, items of lists too, in the order written. Never throws. */
export function findObjects(document: ManifestDocument, kinds: ReadonlySet<ObjectKind>): KubernetesObject[] {
  const found: KubernetesObject[] = [];
  visit(document, document.value, [], undefined, kinds, found);
  return found;
}

function visit(
  document: ManifestDocument,
  value: unknown,
  path: Path,
  inherited: Inherited | undefined,
  kinds: ReadonlySet<ObjectKind>,
  found: KubernetesObject[],
): void {
  if (!isObject(value)) return;
  const kind = textOf(value.kind) ?? inherited?.kind;
  const apiVersion = textOf(value.apiVersion) ?? inherited?.apiVersion ?? '';
  if (kind === undefined) return;
  if (Array.isArray(value.items)) {
    if (path.length >= MAX_LIST_DEPTH * 2) return;
    const of = itemsOf(apiVersion, kind);
    for (const [index, item] of value.items.entries())
      visit(document, item, [...path, 'items', index], of, kinds, found);
  }
  if (!isObjectKind(apiVersion, kind) || !kinds.has(kind)) return;
  const metadata = objectOr(value.metadata);
  found.push({
    apiVersion,
    kind,
    namespace: textOf(metadata.namespace),
    name: textOf(metadata.name) ?? textOf(metadata.generateName) ?? '(unnamed)',
    objectPath: path,
    value,
    source: { file: document.text.file, document: document.index, line: positionOf(document, path).line },
    document,
  });
}
