/** The plain JSON value of a tree, aliases and merge keys resolved as go-yaml v2 does. */
import type { MappingEntry, MappingNode, Node } from './document.ts';

/** A fresh value: nothing in it is shared with another call, nor between two aliases of one anchor. */
export function plainValue(node: Node): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'sequence':
      return node.items.map(plainValue);
    case 'mapping': {
      const object: Record<string, unknown> = {};
      for (const entry of effectiveEntries(node)) setOwn(object, entry.key, plainValue(entry.value));
      return object;
    }
  }
}

/** The entries that count: merged ones included, each key once. A later entry beats an earlier one, be it merged or written. */
export function effectiveEntries(mapping: MappingNode): Iterable<MappingEntry> {
  if (!mapping.entries.some((entry) => entry.merge)) return mapping.entries;
  const byKey = new Map<string, MappingEntry>();
  for (const entry of mapping.entries) {
    if (!entry.merge) byKey.set(entry.key, entry);
    else for (const merged of mergedEntries(entry.value)) byKey.set(merged.key, merged);
  }
  return byKey.values();
}

/** In a list of merged mappings the first one wins, so it comes last. */
function* mergedEntries(value: Node): Iterable<MappingEntry> {
  const parts = value.kind === 'sequence' ? [...value.items].reverse() : [value];
  for (const part of parts) if (part.kind === 'mapping') yield* effectiveEntries(part);
}

/** `__proto__` becomes an ordinary key, as JSON.parse makes it. */
function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}
