/** Weighs what was found against the rules: what counts, what somebody accepted, what was known, what the level leaves out. */
import type { Finding, Level } from '../controls/control.ts';
import type { ObjectVerdict, WorkloadVerdict } from '../controls/verdict.ts';
import type { ControlOf, Standing, WeighedFinding, WeighedObject, WeighedWorkload } from '../report/check-result.ts';
import { exceptionsAt, exceptionsOf, holds, type WrittenException } from '../workload/exceptions.ts';
import type { Rules } from './rules.ts';

const LEVELS: readonly Level[] = ['minimal', 'standard', 'strict'];

const COUNTS: Standing = { kind: 'counts' };

/** A judged workload with the standing of each finding. */
export function weighWorkload(judged: WorkloadVerdict, rules: Rules, controlOf: ControlOf): WeighedWorkload {
  const { workload } = judged;
  const scale = { rules, controlOf, of: workload, written: exceptionsOf(workload) };
  let all = judged.findings.length;
  const findings = weighed(scale, undefined, judged.findings);
  let kept = findings.length;
  const containers = judged.containers.map((one) => {
    const own = weighed(scale, one.container.name, one.findings);
    all += one.findings.length;
    kept += own.length;
    return { ...one, findings: own };
  });
  return { ...judged, containers, findings, belowLevel: all - kept };
}

/** A judged object with the standing of each finding. */
export function weighObject(judged: ObjectVerdict, rules: Rules, controlOf: ControlOf): WeighedObject {
  const { object } = judged;
  const written = exceptionsAt(object.document.value, [...object.objectPath, 'metadata', 'annotations']);
  return { ...judged, findings: weighed({ rules, controlOf, of: object, written }, undefined, judged.findings) };
}

interface Scale {
  readonly rules: Rules;
  readonly controlOf: ControlOf;
  readonly of: { readonly kind: string; readonly namespace: string | undefined; readonly name: string };
  readonly written: readonly WrittenException[];
}

function weighed(scale: Scale, container: string | undefined, findings: readonly Finding[]): WeighedFinding[] {
  const { rules, controlOf } = scale;
  const kept: WeighedFinding[] = [];
  for (const finding of findings) {
    if (rules.off.has(finding.control)) continue;
    if (LEVELS.indexOf(controlOf(finding).level) > LEVELS.indexOf(rules.level)) continue;
    kept.push({ ...finding, standing: standingOf(scale, container, finding) });
  }
  return kept;
}

function standingOf({ rules, of, written }: Scale, container: string | undefined, { control }: Finding): Standing {
  const annotation = written.find((one) => one.control === control && holds(one, rules.today));
  if (annotation !== undefined)
    return { kind: 'excepted', reason: annotation.reason, until: annotation.until, by: 'annotation' };
  const setting = rules.exceptions.find(
    (one) =>
      one.control === control &&
      (one.kind ?? of.kind) === of.kind &&
      (one.namespace ?? of.namespace) === of.namespace &&
      (one.name ?? of.name) === of.name &&
      (one.container ?? container) === container &&
      (one.until === undefined || rules.today <= one.until),
  );
  if (setting !== undefined)
    return { kind: 'excepted', reason: setting.reason, until: setting.until ?? null, by: 'settings' };
  return COUNTS;
}
