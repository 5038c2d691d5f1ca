/** What `check` found, before it is rendered. */
import type { Control, Finding, SpecVerdict } from '../controls/control.ts';
import type { ContainerVerdict, ObjectVerdict, WorkloadVerdict } from '../controls/verdict.ts';
import type { Notice, Unreadable } from '../manifest/document.ts';

/** Whether a finding makes `check` fail, and if not, why not. */
export type Standing =
  | { readonly kind: 'counts' }
  /** Somebody accepted it, with a reason. `until`: the last day on which that holds. */
  | {
      readonly kind: 'excepted';
      readonly reason: string;
      readonly until: string | null;
      readonly by: 'annotation' | 'settings';
    }
  /** It was there when `--known` was recorded. */
  | { readonly kind: 'known' };

export interface WeighedFinding extends Finding {
  readonly standing: Standing;
}

export interface WeighedContainer extends ContainerVerdict {
  /** Those that the level reports, worst first. */
  readonly findings: readonly WeighedFinding[];
}

export interface WeighedWorkload extends WorkloadVerdict {
  readonly containers: readonly WeighedContainer[];
  readonly findings: readonly WeighedFinding[];
  /** Findings that the level leaves out. They count for the verdict all the same. */
  readonly belowLevel: number;
}

export interface WeighedObject extends ObjectVerdict {
  readonly findings: readonly WeighedFinding[];
}

/** Counts, added up over everything that was judged. */
export interface Tally {
  readonly workloads: Readonly<Record<SpecVerdict, number>>;
  readonly objects: number;
  /** Findings that count, by what they make of a container. */
  readonly findings: Readonly<Record<SpecVerdict, number>>;
  readonly excepted: number;
  readonly known: number;
  readonly belowLevel: number;
}

/** What stands behind everything that was judged. */
export interface Summary {
  readonly tally: Tally;
  /** Documents and files that could not be read; the others are judged all the same. */
  readonly unreadable: readonly Unreadable[];
  readonly notices: readonly Notice[];
  /** Pieces that were not printed, where a format holds only so much. */
  readonly leftOut: number;
}

/**
 * One way to print a result. A report is `open`, the pieces of workloads with `separator` between them, `objects`, the
 * pieces of objects with `separator` between them, `close`: so a result of any size is printed while it is judged, each
 * piece on whatever core judged it, and never is more than a piece of it in memory. An empty piece is left out, its
 * separator too.
 */
export interface Format {
  /** `summary` is given where the pieces are `held`. */
  open(summary?: Summary): string;
  readonly separator: string;
  workload(judged: WeighedWorkload): string;
  /** Ends the list of workloads and begins that of objects; absent: both are one list. */
  readonly objects?: string;
  object(judged: WeighedObject): string;
  close(summary: Summary): string;
  /**
   * Where the summary stands first: pieces are kept until everything is judged, so many UTF-16 code units of them at
   * most. Those that do not fit are counted, `leftOut`.
   */
  readonly held?: number;
}

/** The control behind a finding. A finding of no known control is a defect. */
export type ControlOf = (finding: Pick<Finding, 'control'>) => Control;

export function controlsById(controls: readonly Control[]): ControlOf {
  const byId = new Map(controls.map((control) => [control.id, control]));
  return (finding) => {
    const control = byId.get(finding.control);
    if (control === undefined) throw new Error(`no control ${finding.control} in the catalogue`);
    return control;
  };
}
