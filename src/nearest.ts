/** The name that somebody may have meant: the nearest of those that exist, where it is near enough to be worth saying. */

/** Longer names are nobody's typing error, and comparing them would cost time. */
const MAX_LENGTH = 64;

/** The nearest of `names` to `word`, where at most a third of its letters differ, or two; the first of equals. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const simple = simplified(word);
  let best: string | undefined;
  let least = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const name of names) {
    const distance = simplified(name) === simple ? 0 : edits(word, name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/** `fail-on`, `fail_on` and `failOn` mean the same. */
const simplified = (name: string) => name.toLowerCase().replaceAll(/[-_ ]/g, '');

/** How many letters must be put in, taken out or changed to turn one word into the other. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const changed = row[column - 1]! + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(changed, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
