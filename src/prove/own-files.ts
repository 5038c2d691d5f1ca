/** Leaves out what executes or reads files of Petrify's own that are not everywhere: only a sandbox has more than probes. */
import type { Plan, Try } from './attack.ts';
import { pathsIn } from './probe/program.ts';
import { OWN_MOUNT } from './target.ts';

const REASON = 'needs a file beside the probe, which only a sandbox has';

/** The plan where Petrify's own mount holds nothing but the runner. */
export function withoutOwnFiles({ tries, skipped }: Plan): Plan {
  const needs = (each: Try) =>
    'program' in each && pathsIn(each.program).some((path) => path.startsWith(`${OWN_MOUNT}/`));
  const left = tries.filter(needs).map(({ place }) => ({ place, reason: REASON }));
  return { tries: tries.filter((each) => !needs(each)), skipped: [...skipped, ...left] };
}
