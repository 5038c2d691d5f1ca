/** Counts what was judged; tallies of parts add up to that of the whole. */
import type { SpecVerdict } from '../controls/control.ts';
import type { Tally, WeighedFinding, WeighedObject, WeighedWorkload } from '../report/check-result.ts';
import type { FailOn } from './rules.ts';

export const NOTHING: Tally = {
  workloads: { mutable: 0, bypassable: 0, immutable: 0 },
  objects: 0,
  findings: { mutable: 0, bypassable: 0, immutable: 0 },
  excepted: 0,
  known: 0,
  belowLevel: 0,
};

const VERDICTS: readonly SpecVerdict[] = ['mutable', 'bypassable', 'immutable'];

export function add(a: Tally, b: Tally): Tally {
  const sum = (one: Tally['findings'], other: Tally['findings']) => ({
    mutable: one.mutable + other.mutable,
    bypassable: one.bypassable + other.bypassable,
    immutable: one.immutable + other.immutable,
  });
  return {
    workloads: sum(a.workloads, b.workloads),
    objects: a.objects + b.objects,
    findings: sum(a.findings, b.findings),
    excepted: a.excepted + b.excepted,
    known: a.known + b.known,
    belowLevel: a.belowLevel + b.belowLevel,
  };
}

export function tallyWorkload({ verdict, containers, findings, belowLevel }: WeighedWorkload): Tally {
  const all = [...findings, ...containers.flatMap((one) => one.findings)];
  return { ...tallyFindings(all), workloads: { ...NOTHING.workloads, [verdict]: 1 }, belowLevel };
}

export function tallyObject({ findings }: WeighedObject): Tally {
  return { ...tallyFindings(findings), objects: 1 };
}

function tallyFindings(all: readonly WeighedFinding[]): Tally {
  const findings = { ...NOTHING.findings };
  let excepted = 0;
  let known = 0;
  for (const { standing, verdict } of all) {
    if (standing.kind === 'counts') findings[verdict] += 1;
    else if (standing.kind === 'excepted') excepted += 1;
    else known += 1;
  }
  return { ...NOTHING, findings, excepted, known };
}

/** Whether findings that count are bad enough to fail. */
export function fails({ findings }: Tally, failOn: FailOn): boolean {
  if (failOn === 'never') return false;
  const worst = VERDICTS.slice(0, failOn === 'mutable' ? 1 : failOn === 'bypassable' ? 2 : 3);
  return worst.some((verdict) => findings[verdict] > 0);
}
