/** Leaves out of what an engine says of a sandbox the flags of other commands: to prove has none that gives more of the host. */

/** In brackets at the end of a sentence: ` (--allow-host-path data gives the real one).` */
const FLAG = / \(--[a-z-]+ .*\)\.$/s;

export function withoutFlags(sentence: string): string {
  return sentence.replace(FLAG, '.');
}
