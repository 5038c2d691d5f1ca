/** Names for new volumes and containers: DNS labels that nothing else in the pod has. */

/** The longest DNS label. */
const MAX_LABEL = 63;

/** `wanted` as a label of lower-case letters, digits and single hyphens; numbered where it is taken, `fallback` where nothing of it can stay. */
export function freeLabel(wanted: string, fallback: string, taken: ReadonlySet<string>): string {
  const base = asLabel(wanted, MAX_LABEL) || fallback;
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = asLabel(base, MAX_LABEL - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

function asLabel(text: string, length: number): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, length)
    .replace(/-+$/, '');
}
