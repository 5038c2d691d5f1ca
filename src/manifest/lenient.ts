/** Parses what Kubernetes accepts and YAML 1.2 does not: lines in brackets or quotes that are indented too little. */
import { EVENT_ID, type Event, parseEvents, YAMLException } from 'js-yaml';
import { lineStart } from './lines.ts';

/** Deepest nesting: no Kubernetes object comes near it (schemas in CRDs reach about 50), and recursion stays far from the stack's end. */
const MAX_DEPTH = 200;
/** Lines of one document that may be indented too little; each costs another pass. */
const MAX_REPAIRS = 50;

/** The events of `source`. Where it is not indented enough, the parser sees spaces for line breaks, and so the same offsets. Throws YAMLException. */
export function parseLeniently(source: string): Event[] {
  let text = source;
  let first: unknown;
  for (let repairs = 0; ; repairs++) {
    try {
      const events = parseEvents(text, { maxDepth: MAX_DEPTH });
      return repairs === 0 ? events : withFolding(source, events);
    } catch (error) {
      first ??= error;
      const joined = repairs < MAX_REPAIRS ? joinLine(text, error) : undefined;
      if (joined === undefined) throw first;
      text = joined;
    }
  }
}

/** Inside brackets and quotes a line break is white space; not so behind a comment. */
function joinLine(text: string, error: unknown): string | undefined {
  if (!(error instanceof YAMLException) || error.reason !== 'deficient indentation' || !error.mark) return undefined;
  const line = lineStart(text, error.mark.position);
  const lineBreak = text.startsWith('\r\n', line - 2) ? line - 2 : line - 1;
  if (lineBreak < 0 || text.slice(lineStart(text, lineBreak), lineBreak).includes('#')) return undefined;
  return text.slice(0, lineBreak) + ' '.repeat(line - lineBreak) + text.slice(line);
}

/** Scalars that the parser took for one line are decoded from the real text, where they have several. */
function withFolding(source: string, events: Event[]): Event[] {
  for (const event of events) {
    if (event.type === EVENT_ID.SCALAR && /[\r\n]/.test(source.slice(event.valueStart, event.valueEnd)))
      event.fast = false;
  }
  return events;
}
