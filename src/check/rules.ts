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
  /** Where it is written. */
  readonly file: string;
  readonly line: number;
}

/** What was found when it was recorded. */
export interface Known {
  /** As the user named it. */
  readonly file: string;
  /** The folder that the files of the keys are relative to, absolute. */
  readonly root: string;
  /** How often each key was found in one object; empty while it is recorded. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface Rules {
  readonly level: Level;
  readonly failOn: FailOn;
  readonly target: Target;
  /** `YYYY-MM-DD`. */
  readonly today: string;
  /** Controls that the settings switch off. */
  readonly off: ReadonlySet<string>;
  /** Levels that the settings give to controls; absent: each has its own. */
  readonly levels?: ReadonlyMap<string, Level>;
  readonly exceptions: readonly RuleException[];
  /** undefined: nothing is known, and nobody asks which findings there are. */
  readonly known: Known | undefined;
  /** Whether only a part of what belongs together is judged: then nothing is said of rules without use. */
  readonly partial?: boolean;
}
