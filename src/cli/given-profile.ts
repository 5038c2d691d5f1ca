/** The ImmutabilityProfile that a user gives by its file, for the workload that it was learned from. */
import { Failure } from '../failure.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { readProfile } from '../profile/render.ts';
import { textOf } from '../settings/read.ts';
import type { Workload } from '../workload/workload.ts';

/** Throws Failure where it cannot be read, is none, or speaks of no workload of the input. */
export function givenProfile(file: string, workloads: readonly Workload[]): ImmutabilityProfile {
  const profile = readProfile(file, textOf(file));
  const { kind, name } = profile.spec.workload;
  if (!workloads.some((workload) => speaksOf(profile, workload))) {
    throw new Failure('bad-usage', `${file} is the profile of ${kind} ${name}, which is not in the input.`, {
      hint: `there are: ${workloads.map((each) => `${each.kind} ${each.name}`).join(', ')}`,
    });
  }
  return profile;
}

/** By kind and name: where it was observed, it need not have had its namespace. */
export function speaksOf({ spec }: ImmutabilityProfile, { kind, name }: Workload): boolean {
  return spec.workload.kind === kind && spec.workload.name === name;
}
