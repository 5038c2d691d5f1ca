/** Scalar nodes: their value as Kubernetes reads it, decoded late where that is dear. */
import { getScalarValue, SCALAR_STYLE } from 'js-yaml';
import type { ScalarNode } from './document.ts';
import type { ScalarEvent } from './ranges.ts';
import { Refusal } from './refusal.ts';
import { plainScalar, type ScalarValue, taggedScalar } from './scalar.ts';

/**
 * A block scalar that is decoded when it is first asked for: that costs more than reading the rest of its document, and few
 * ever are. The accessor sits on one prototype: an accessor of each node's own would give each node its own hidden class.
 */
const LATE_SCALAR = {
  get value(): string {
    const self = this as unknown as LateScalar;
    self.decoded ??= getScalarValue(self.text, self.event);
    return self.decoded;
  },
};

interface LateScalar {
  readonly text: string;
  readonly event: ScalarEvent;
  decoded: string | undefined;
}

/** The node of a scalar; `text` is its document's own, `start` and `end` are offsets in the file. Throws `Refusal`. */
export function scalarNode(text: string, event: ScalarEvent, start: number, end: number): ScalarNode {
  const isBlock = event.style === SCALAR_STYLE.LITERAL_BLOCK || event.style === SCALAR_STYLE.FOLDED_BLOCK;
  if (isBlock && event.tagStart < 0) return lateScalar(start, end, text, event);
  return { kind: 'scalar', start, end, shared: false, value: scalarValue(text, event, start) };
}

function lateScalar(start: number, end: number, text: string, event: ScalarEvent): ScalarNode {
  const state: LateScalar = { text, event, decoded: undefined };
  return { __proto__: LATE_SCALAR, kind: 'scalar', start, end, shared: false, ...state } as unknown as ScalarNode;
}

function scalarValue(source: string, event: ScalarEvent, start: number): ScalarValue {
  const text = getScalarValue(source, event);
  const plain = event.style === SCALAR_STYLE.PLAIN;
  if (event.tagStart < 0 && !plain) return text;
  const tag = event.tagStart < 0 ? undefined : source.slice(event.tagStart, event.tagEnd);
  const value = tag === undefined ? plainScalar(text) : taggedScalar(text, tag);
  if (value === undefined) throw new Refusal(start, `the value does not fit its tag ${tag}`);
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Refusal(
      start,
      `${text} is a number that JSON, and so Kubernetes, does not have`,
      'quote it to make it a string',
    );
  }
  return value;
}
