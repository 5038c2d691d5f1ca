/** What is said beside the results, within bounds: an endless input of nothing but problems ends in a number. */
import type { Notice } from '../manifest/document.ts';

/** Nobody reads more of a kind. */
const MAX_SAID = 1000;

export interface Said<T extends Notice> {
  add(one: T): void;
  /** The first ones, and in place of the others one that counts them. */
  all(): T[];
}

export function said<T extends Notice>(more: (count: string) => string): Said<T> {
  const first: T[] = [];
  let next: T | undefined;
  let left = 0;
  return {
    add(one) {
      if (first.length < MAX_SAID) first.push(one);
      else {
        next ??= one;
        left += 1;
      }
    },
    all() {
      if (next === undefined) return first.slice();
      const { hint: _, ...place } = next;
      return [...first, { ...(place as T), message: `${more(`and ${left}`)}, from here on` }];
    },
  };
}
