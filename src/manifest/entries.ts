/** The keys of a mapping: what they are to Kubernetes, merge keys, and no key twice. */
import { EVENT_ID, type Event, SCALAR_STYLE } from 'js-yaml';
import type { MappingEntry, Node, ScalarNode } from './document.ts';
import { Refusal } from './refusal.ts';

/** Characters of a key that a message shows. */
const MAX_KEY_SHOWN = 80;
/** A mapping with more keys than this looks for duplicates with a Set. */
const FEW_KEYS = 12;

/** Kubernetes turns every key into a string, but for null: throws `Refusal`. */
export function keyOf(node: ScalarNode): string {
  if (node.value === null) throw new Refusal(node.start, 'a mapping has null as a key');
  return String(node.value);
}

/** A `<<` without quotes, or tagged as one. */
export function isMerge(text: string, event: Event): boolean {
  if (event.type !== EVENT_ID.SCALAR || event.valueEnd - event.valueStart !== 2) return false;
  if (!text.startsWith('<<', event.valueStart)) return false;
  if (event.tagStart >= 0) return text.slice(event.tagStart, event.tagEnd) === '!!merge';
  return event.style === SCALAR_STYLE.PLAIN;
}

/** Throws `Refusal` where a merge key has something else than mappings. */
export function checkMerge(value: Node): void {
  const parts = value.kind === 'sequence' ? value.items : [value];
  if (parts.some((part) => part.kind !== 'mapping')) {
    throw new Refusal(value.start, 'a merge key (<<) needs a mapping or a list of mappings');
  }
}

/** Throws `Refusal` at the second of two equal keys. */
export function refuseDuplicates(entries: readonly MappingEntry[]): void {
  const seen = entries.length > FEW_KEYS ? new Set<string>() : undefined;
  for (let index = 0; index < entries.length; index++) {
    const { key, merge, keyStart } = entries[index]!;
    if (merge) continue;
    const known = seen ? seen.has(key) : isKeyBefore(entries, index);
    if (known) {
      const hint = 'keep one of the two: Kubernetes refuses the document or ignores one of them';
      throw new Refusal(
        keyStart,
        `the key ${JSON.stringify(key.slice(0, MAX_KEY_SHOWN))} is written twice in one mapping`,
        hint,
      );
    }
    seen?.add(key);
  }
}

function isKeyBefore(entries: readonly MappingEntry[], index: number): boolean {
  const { key } = entries[index]!;
  for (let before = 0; before < index; before++) {
    if (entries[before]!.key === key && !entries[before]!.merge) return true;
  }
  return false;
}
