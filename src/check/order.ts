/** What is to be judged, and how, as plain data: every core makes its own bench of a copy. */
import { controls } from '../controls/index.ts';
import { type FormatName, formatFor } from '../report/format.ts';
import { styleFor } from '../report/style.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { type Bench, benchFor } from './judge-text.ts';
import type { Rules } from './rules.ts';

export interface Order {
  readonly rules: Rules;
  readonly images: ReadonlyMap<string, ImageFacts>;
  readonly format: FormatName;
  /** Whether the report takes colours. */
  readonly colour: boolean;
  /** Columns of the terminal; absent: a width that reads well. */
  readonly width?: number;
  /** Petrify's own version. */
  readonly version: string;
}

export async function benchOf({ rules, images, format, colour, width, version }: Order): Promise<Bench> {
  const options = { controls, style: styleFor(colour), version, ...(width === undefined ? {} : { width }) };
  return benchFor(rules, await formatFor(format, options), controls, images);
}
