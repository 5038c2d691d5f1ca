/** Finds a refusal of the kernel in the words of a program or an engine. */

/** By the C library's texts in every locale that prints numbers (apt: `(30: …`), by its English texts, and by name. */
const SIGNS: readonly { readonly errno: string; readonly pattern: RegExp }[] = [
  { errno: 'EROFS', pattern: /\(30: |read-only file ?system|\bEROFS\b/i },
  { errno: 'EACCES', pattern: /\(13: |permission denied|\bEACCES\b/i },
  { errno: 'EPERM', pattern: /\(1: |operation not permitted|\bEPERM\b/i },
];

/** EROFS, EACCES or EPERM; null when the text names none of them. An EROFS anywhere decides. */
export function refusalIn(text: string): string | null {
  return SIGNS.find(({ pattern }) => pattern.test(text))?.errno ?? null;
}
