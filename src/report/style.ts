/** How a report looks on a terminal; the renderers get it passed in and stay pure. */
import { styleText } from 'node:util';
import type { Verdict } from '../controls/control.ts';
import type { Outcome } from '../prove/proof.ts';

type Paint = (text: string) => string;

export interface Style {
  readonly strong: Paint;
  readonly faint: Paint;
  readonly verdict: Readonly<Record<Verdict, Paint>>;
  readonly outcome: Readonly<Record<Outcome, Paint>>;
  readonly problem: Paint;
}

const plain: Paint = (text) => text;
const paint =
  (...format: Parameters<typeof styleText>[0][]): Paint =>
  (text) =>
    styleText(format.flat() as Parameters<typeof styleText>[0], text, { validateStream: false });

const PLAIN: Style = {
  strong: plain,
  faint: plain,
  verdict: { mutable: plain, bypassable: plain, immutable: plain, proven: plain },
  outcome: { blocked: plain, residual: plain, succeeded: plain, unknown: plain },
  problem: plain,
};

const COLOUR: Style = {
  strong: paint('bold'),
  faint: paint('dim'),
  verdict: {
    mutable: paint('red'),
    bypassable: paint('yellow'),
    immutable: paint('green'),
    proven: paint('bold', 'green'),
  },
  outcome: { blocked: paint('green'), residual: paint('yellow'), succeeded: paint('red'), unknown: paint('magenta') },
  problem: paint('red'),
};

/** With colours or without; the caller knows its stream and NO_COLOR. */
export function styleFor(colour: boolean): Style {
  return colour ? COLOUR : PLAIN;
}
