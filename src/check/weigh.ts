/** Weighs what was found against the rules: what counts, what somebody accepted, what was known, what the level leaves out. */
import type { Control, Finding, Level } from '../controls/control.ts';
import { NEVER_EXCEPTED } from '../controls/exception-words.ts';
import type { ObjectVerdict, WorkloadVerdict } from '../controls/verdict.ts';
import type { ControlOf, Standing, WeighedFinding, WeighedObject, WeighedWorkload } from '../report/check-result.ts';
import { exceptionsAt, exceptionsOf, holds, type WrittenException } from '../workload/exceptions.ts';
import type { Workload } from '../workload/workload.ts';
import { fileKey, findingKey, type Ledger, ledger as newLedger } from './ledger.ts';
import type { Rules } from './rules.ts';

const LEVELS: readonly Level[] = ['minimal', 'standard', 'strict'];

const COUNTS: Standing = { kind: 'counts' };

/** A judged workload with the standing of each finding. */
export function weighWorkload(
  judged: WorkloadVerdict,
  rules: Rules,
  controlOf: ControlOf,
  ledger: Ledger = newLedger(),
): WeighedWorkload {
  const { workload } = judged;
  const scale = scaleFor(weighable(workload), exceptionsOf(workload), rules, controlOf, ledger);
  const isOn = ({ control }: Finding) => !rules.off.has(control);
  let all = judged.findings.filter(isOn).length;
  const findings = weighed(scale, undefined, judged.findings);
  let kept = findings.length;
  const containers = judged.containers.map((one) => {
    const own = weighed(scale, one.container.name, one.findings);
    all += one.findings.filter(isOn).length;
    kept += own.length;
    return { ...one, findings: own };
  });
  return { ...judged, containers, findings, belowLevel: all - kept };
}

/** A judged object with the standing of each finding. */
export function weighObject(
  judged: ObjectVerdict,
  rules: Rules,
  controlOf: ControlOf,
  ledger: Ledger = newLedger(),
): WeighedObject {
  const { object } = judged;
  const written = exceptionsAt(object.document.value, [...object.objectPath, 'metadata', 'annotations']);
  const scale = scaleFor(object, written, rules, controlOf, ledger);
  return { ...judged, findings: weighed(scale, undefined, judged.findings) };
}

/** Whether the rules let a control say something. */
export function reports({ off, level, levels }: Rules, control: Pick<Control, 'id' | 'level'>): boolean {
  const own = levels?.get(control.id) ?? control.level;
  return !off.has(control.id) && LEVELS.indexOf(own) <= LEVELS.indexOf(level);
}

interface Scale {
  readonly rules: Rules;
  readonly controlOf: ControlOf;
  readonly of: Weighable;
  readonly written: readonly WrittenException[];
  readonly ledger: Ledger;
  /** The object's file, as keys have it. */
  readonly file: string;
  /** Findings of this object, by key. */
  readonly counts: Map<string, number>;
}

type Weighable = Pick<Workload, 'kind' | 'namespace' | 'name' | 'document'>;

/** Pods of a cluster are excepted, and known, under their owner: their own names change with every rollout. */
function weighable(workload: Workload): Weighable {
  const owner = workload.document.text.live?.owner;
  if (owner === undefined || owner.kind === 'Node') return workload;
  const { namespace, document } = workload;
  return { kind: owner.kind, name: owner.name, namespace, document };
}

function scaleFor(
  of: Weighable,
  written: readonly WrittenException[],
  rules: Rules,
  controlOf: ControlOf,
  ledger: Ledger,
): Scale {
  const file = rules.known === undefined ? '' : fileKey(of.document.text, rules.known.root);
  if (rules.known !== undefined) ledger.files.add(file);
  return { rules, controlOf, of, written, ledger, file, counts: new Map() };
}

function weighed(scale: Scale, container: string | undefined, findings: readonly Finding[]): WeighedFinding[] {
  const { rules, controlOf, ledger } = scale;
  const kept: WeighedFinding[] = [];
  for (const finding of findings) {
    if (reports(rules, controlOf(finding))) kept.push({ ...finding, standing: standingOf(scale, container, finding) });
    else ledger.hidden.add(finding.control);
  }
  return kept;
}

function standingOf(scale: Scale, container: string | undefined, finding: Finding): Standing {
  const { rules, of, written, ledger } = scale;
  const { control } = finding;
  if (NEVER_EXCEPTED.has(control)) return isKnown(scale, container, finding) ? { kind: 'known' } : COUNTS;
  const annotation = written.find(
    (one) => one.control === control && (one.container ?? container) === container && holds(one, rules.today),
  );
  if (annotation !== undefined)
    return { kind: 'excepted', reason: annotation.reason, until: annotation.until, by: 'annotation' };
  const index = rules.exceptions.findIndex(
    (one) =>
      one.control === control &&
      (one.kind ?? of.kind) === of.kind &&
      (one.namespace ?? of.namespace) === of.namespace &&
      (one.name ?? of.name) === of.name &&
      (one.container ?? container) === container &&
      (one.until === undefined || rules.today <= one.until),
  );
  const setting = rules.exceptions[index];
  if (setting === undefined) return isKnown(scale, container, finding) ? { kind: 'known' } : COUNTS;
  ledger.used.add(index);
  return { kind: 'excepted', reason: setting.reason, until: setting.until ?? null, by: 'settings' };
}

/** As many findings of a key are known in an object as were recorded of it; the next one is new. */
function isKnown({ rules, of, ledger, file, counts }: Scale, container: string | undefined, finding: Finding): boolean {
  if (rules.known === undefined) return false;
  const { kind, namespace, name } = of;
  const { control, verdict, args } = finding;
  const key = findingKey({ file, kind, namespace, name, container, control, verdict, args });
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  ledger.found.set(key, Math.max(ledger.found.get(key) ?? 0, count));
  return count <= (rules.known.counts.get(key) ?? 0);
}
