/** What `check` found, before it is rendered. */
import type { Control, Finding } from '../controls/control.ts';
import type { WorkloadVerdict } from '../controls/verdict.ts';
import type { Unreadable } from '../manifest/document.ts';

export interface CheckResult {
  readonly workloads: readonly WorkloadVerdict[];
  /** Documents and files that could not be read; the others are judged all the same. */
  readonly unreadable: readonly Unreadable[];
  /** The catalogue that judged: it has the words for what was found. */
  readonly controls: readonly Control[];
}

/** The control behind a finding. A finding of no known control is a defect. */
export type ControlOf = (finding: Finding) => Control;

export function controlsById(controls: readonly Control[]): ControlOf {
  const byId = new Map(controls.map((control) => [control.id, control]));
  return (finding) => {
    const control = byId.get(finding.control);
    if (control === undefined) throw new Error(`no control ${finding.control} in the catalogue`);
    return control;
  };
}
