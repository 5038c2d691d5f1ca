/** Writes patches as YAML, with the reason of each line behind it where that is asked for. */
import type { Path } from '../manifest/document.ts';
import { isEqual } from '../manifest/draft.ts';
import { valueAt } from '../manifest/position.ts';
import { needsLines, renderBlock, renderFlow, renderScalar, type Style } from '../manifest/render.ts';
import { isObject, type JsonObject, objectOr } from '../workload/value.ts';
import { jsonPatch } from './json-patch.ts';
import { mergeRuleAt } from './merge-keys.ts';
import type { PatchedObject } from './patched-object.ts';
import { commentOf, type Reasons, reasonLines, reasonsOf } from './reasons.ts';
import { strategicMergePatch } from './strategic-merge.ts';

const UNIT = 2;
const STYLE: Style = { unit: UNIT, dash: UNIT, eol: '\n' };

/** A value as YAML in Petrify's own style; ends with a line feed. */
export function yamlOf(value: unknown): string {
  return `${renderBlock(value, 0, STYLE).join('\n')}\n`;
}

/** The operations as a YAML list, which `kubectl patch --patch-file` and Kustomize take as they take JSON. */
export function jsonPatchYaml(object: PatchedObject, explain: boolean): string {
  return jsonPatch(object)
    .flatMap(({ because, operations }) => [
      ...(explain ? commentOf([because]) : []),
      ...renderBlock(operations, 0, STYLE),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

/** The operations as one JSON list, one operation a line. */
export function jsonPatchJson(object: PatchedObject): string {
  const lines = jsonPatch(object).flatMap(({ operations }) => operations.map((one) => `  ${JSON.stringify(one)}`));
  return `[\n${lines.join(',\n')}\n]\n`;
}

/** Where the reasons of a patch stand. */
export type Explanation = 'none' | 'beside' | 'above';

/** The strategic-merge patch as YAML. */
export function strategicMergeYaml(object: PatchedObject, explanation: Explanation): string {
  const patch = strategicMergePatch(object);
  if (explanation === 'none') return yamlOf(patch);
  if (explanation === 'above')
    return `${reasonLines(object)
      .map((line) => `# ${line}\n`)
      .join('')}\n${yamlOf(patch)}`;
  const lines = linesOf(patch, [], 0, { object, reasons: reasonsOf(object) });
  return lines.map(({ text, reasons }) => `${[text, ...commentOf(reasons)].join(' ')}\n`).join('');
}

interface Explaining {
  readonly object: PatchedObject;
  readonly reasons: Reasons;
}

interface Line {
  readonly text: string;
  readonly reasons: readonly string[];
}

/** @param path where the value stands in the new object, or stood in the old one */
function linesOf(value: unknown, path: Path, column: number, explaining: Explaining): readonly Line[] {
  const { object, reasons } = explaining;
  const margin = ' '.repeat(column);
  if (!needsLines(value)) return [{ text: `${margin}${renderFlow(value)}`, reasons: [] }];
  if (Array.isArray(value))
    return value.flatMap((item, index) => {
      const at = placeOfItem(item, index, path, object);
      const [first, ...rest] = linesOf(item, at.path, column + UNIT, explaining);
      const own = at.gone ? reasons.gone(at.path) : reasons.after(at.path);
      return [{ text: `${margin}- ${first!.text.trimStart()}`, reasons: [...own, ...first!.reasons] }, ...rest];
    });
  return Object.entries(value).flatMap(([key, field]) => {
    const at = [...path, key];
    const own = field === null ? reasons.gone(at) : reasons.after(at);
    const head = `${margin}${renderScalar(key)}:`;
    if (!needsLines(field)) return [{ text: `${head} ${renderFlow(field)}`, reasons: own }];
    return [{ text: head, reasons: own }, ...linesOf(field, at, column + UNIT, explaining)];
  });
}

/** An item of a patch stands for the item of the object with the same key; one that goes, for that of the old object. */
function placeOfItem(item: unknown, index: number, path: Path, object: PatchedObject): { path: Path; gone: boolean } {
  const rule = mergeRuleAt(path, object.podSpecPaths);
  const gone = objectOr(item).$patch === 'delete';
  const key = rule && isObject(item) ? item[rule.key] : undefined;
  const list = valueAt(gone ? object.before : object.after, path);
  const isMeant = (other: unknown) =>
    key === undefined ? isEqual(other, item) : (other as JsonObject)?.[rule!.key] === key;
  const found = Array.isArray(list) ? list.findIndex(isMeant) : -1;
  return { path: [...path, found < 0 ? index : found], gone };
}
