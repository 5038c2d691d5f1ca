/** Images that an object runs outside of any pod spec (Argo's `container:`, Tekton's `steps:`): said, as nothing judges them. */
import type { ManifestDocument, Path, Position, Unreadable } from '../manifest/document.ts';
import { positionOf } from '../manifest/position.ts';
import { findWorkloads, holdsItems } from './find.ts';
import { canBeSkipped, isBuiltIn, NOT_SPECIFICATION } from './pod-spec.ts';
import { type JsonObject, textOf } from './value.ts';
import type { Workload } from './workload.ts';

/** An image that no workload of its document holds. */
export interface UnjudgedImage {
  readonly image: string;
  /** Path to the mapping that has the image. */
  readonly path: Path;
  readonly position: Position;
}

/** Keys below which other kinds than pods keep a container, or a list of them. */
const HOLDERS: ReadonlySet<string> = new Set([
  'container',
  'containerTemplate',
  'containers',
  'initContainers',
  'script',
  'sidecars',
  'stepTemplate',
  'steps',
]);
/** As deep as pod specs are looked for. */
const MAX_DEPTH = 32;

/**
 * The images of a document that no workload of it holds, in the order written. An asterisk marks the pattern of a policy,
 * which runs nothing. `workloads` are those of the document, where they are known already. Never throws.
 */
export function unjudgedImages(
  document: ManifestDocument,
  workloads: readonly Pick<Workload, 'apiVersion' | 'kind' | 'podSpecPath'>[] = findWorkloads(document),
): readonly UnjudgedImage[] {
  // Most documents are workloads, or name no image at all: neither is walked, nor read to its value.
  if (workloads.some(({ apiVersion, kind }) => isBuiltIn(apiVersion, kind))) return [];
  if (!document.text.text.slice(document.start, document.end).includes('image')) return [];
  const { value } = document;
  if (typeof value !== 'object' || value === null) return [];
  const { apiVersion, kind } = value as JsonObject;
  if (canBeSkipped(textOf(apiVersion) ?? '', textOf(kind) ?? '') && !holdsItems(document)) return [];
  const judged = new Set(workloads.map(({ podSpecPath }) => JSON.stringify(podSpecPath)));
  const found: UnjudgedImage[] = [];
  const visit = (value: unknown, path: Path, holder: string): void => {
    if (typeof value !== 'object' || value === null || path.length > MAX_DEPTH) return;
    if (judged.size > 0 && judged.has(JSON.stringify(path))) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, [...path, index], holder);
      return;
    }
    const object = value as JsonObject;
    const image = HOLDERS.has(holder) ? textOf(object.image) : undefined;
    if (image !== undefined && !image.includes('*')) found.push({ image, path, position: positionOf(document, path) });
    for (const key of Object.keys(object)) if (!NOT_SPECIFICATION.has(key)) visit(object[key], [...path, key], key);
  };
  visit(value, [], '');
  return found;
}

/** The same as what a report says of the document: once, at the first of them. */
export function unjudged(document: ManifestDocument, workloads: readonly Workload[]): Unreadable[] {
  const [first, ...others] = unjudgedImages(document, workloads);
  if (!first) return [];
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const message = `runs the image ${first.image}${more} outside of any pod spec that Petrify knows: not judged`;
  return [{ file: document.text.file, line: first.position.line, column: first.position.column, message }];
}
