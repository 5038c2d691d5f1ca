/** Words of commands that are printed to be pasted into a shell: names come from strangers. */

/** The word as it is where no shell sees anything in it, else in quotes. */
export function shellWord(word: string): string {
  return /^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
