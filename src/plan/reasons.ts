/** The reasons of a plan by the places that they are about: beside each line that a change made. */
import type { Path } from '../manifest/document.ts';
import { valueAt } from '../manifest/position.ts';
import { objectOr } from '../workload/value.ts';
import { mergeRuleAt } from './merge-keys.ts';
import type { PatchedObject } from './patched-object.ts';

/** Reasons by place, each once; several changes may meet in one place. */
export interface Reasons {
  /** Of what stands at `path` of the new object. */
  readonly after: (path: Path) => readonly string[];
  /** Of what stood at `path` of the old object and is gone. */
  readonly gone: (path: Path) => readonly string[];
}

export function reasonsOf({ places }: PatchedObject): Reasons {
  const after = new Map<string, Set<string>>();
  const gone = new Map<string, Set<string>>();
  const note = (reasons: Map<string, Set<string>>, path: Path, because: string) => {
    const key = JSON.stringify(path);
    const known = reasons.get(key);
    if (known) known.add(because);
    else reasons.set(key, new Set([because]));
  };
  for (const place of places) {
    const { because } = place.change;
    if (place.after !== undefined) note(after, place.after, because);
    else if (place.before !== undefined) note(gone, place.before, because);
  }
  const at = (reasons: Map<string, Set<string>>) => (path: Path) => [...(reasons.get(JSON.stringify(path)) ?? [])];
  return { after: at(after), gone: at(gone) };
}

/** Reasons as one comment on one line; nothing where there is none. */
export function commentOf(reasons: readonly string[]): readonly string[] {
  const [first, ...others] = new Set(reasons.map(onOneLine));
  return first === undefined ? [] : [`# ${[first, ...others].join('; ')}`];
}

/** A reason quotes evidence: log lines of strangers. */
const onOneLine = (reason: string) => reason.replace(/[\s\p{C}]+/gu, ' ').trim();

/** Every change in the order of the plan: `+ spec.containers[web].workingDir: why`, `-` for what goes. */
export function reasonLines(object: PatchedObject): readonly string[] {
  return object.places.map(({ change, before, after }) => {
    const [sign, value, path] = after === undefined ? ['-', object.before, before ?? []] : ['+', object.after, after];
    return onOneLine(`${sign} ${wordsOf(value, path as Path, object.podSpecPaths)}: ${change.because}`);
  });
}

/** A path with the names of items instead of their indexes. */
function wordsOf(value: unknown, path: Path, podSpecPaths: readonly Path[]): string {
  let words = '';
  for (const [depth, step] of path.entries()) {
    if (typeof step === 'string') words += words === '' ? step : `.${step}`;
    else {
      const rule = mergeRuleAt(path.slice(0, depth), podSpecPaths);
      const item = valueAt(value, path.slice(0, depth + 1));
      words += `[${(rule && objectOr(item)[rule.key]) ?? step}]`;
    }
  }
  return words;
}
