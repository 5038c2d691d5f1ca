/** What `check` was asked to hold manifests to. Plain data: every core that judges gets a copy. */
import type { Level, Target } from '../controls/control.ts';

/** When `check` fails: on containers that are mutable, on those that are at best bypassable, on any finding, or never. */
export type FailOn = 'mutable' | 'bypassable' | 'finding' | 'never';

/** An exception of the settings file. What is absent matches everything. */
export interface RuleException {
  readonly control: string;
  readonly reason: string;
  /** The last day on which it holds, `YYYY-MM-DD`. */
  readonly until?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly container?: string;
}

export interface Rules {
  readonly level: Level;
  readonly failOn: FailOn;
  readonly target: Target;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Controls that the settings switch off. */
  readonly off: ReadonlySet<string>;
  readonly exceptions: readonly RuleException[];
  /** Findings that are known already: how many of each key. undefined: none is. */
  readonly known: ReadonlyMap<string, number> | undefined;
}
