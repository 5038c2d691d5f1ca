/** Looks whether the attacks have left anything behind: names of their own, mounts, or changed files. */
import type { Try } from './attack.ts';
import type { Attacked } from './campaign.ts';
import type { MountPoint } from './mounts.ts';
import { type Call, everyCall } from './probe/program.ts';
import { lookAtPaths, mountsSeen } from './reconnaissance.ts';
import type { PathFacts, Target } from './target.ts';

/** One sentence for each trace; none is what must be. */
export async function tracesLeft({ target, hands }: Attacked, tries: readonly Try[]): Promise<readonly string[]> {
  const calls = tries.flatMap((each) => ('program' in each ? everyCall(each.program) : []));
  const made = [...ownNames(calls, target), ...tries.flatMap((each) => ('act' in each ? each.makes : []))];
  const touched = touchedFiles(calls, target);
  const paths = await lookAtPaths([...made, ...touched.keys()], hands);
  const mounts = await mountsSeen(hands, target);
  return [
    ...made.filter((path) => paths.has(path)).map((path) => `${path} was made by an attack and is still there.`),
    ...[...touched].flatMap(([path, before]) => changeOf(path, before, paths.get(path)) ?? []),
    ...mountChanges(target.mounts, mounts),
  ];
}

/** Every path with the run's own token: nothing but an attack has such a name. */
function ownNames(calls: readonly Call[], { token }: Target): readonly string[] {
  const names = calls.flatMap(({ args }) => args.filter((each) => typeof each === 'string'));
  return [...new Set(names.filter((path) => path.startsWith('/') && path.includes(token)))];
}

/** What was there before and is named by a call, on the root file system: what changes elsewhere may be the application's doing. */
function touchedFiles(calls: readonly Call[], { paths, mounts }: Target): ReadonlyMap<string, PathFacts> {
  const root = mounts.findLast(({ path }) => path === '/');
  const named = new Set(calls.flatMap(({ args }) => args.filter((each) => typeof each === 'string')));
  return new Map([...paths].filter(([path, facts]) => named.has(path) && facts.mountId === root?.id));
}

function changeOf(path: string, before: PathFacts, now: PathFacts | undefined): string | undefined {
  if (now === undefined) return `${path} was there and is gone.`;
  const keys = ['kind', 'mode', 'uid', 'gid', ...(before.kind === 'file' ? (['size'] as const) : [])] as const;
  const changed = keys.filter((key) => before[key] !== now[key]);
  return changed.length === 0 ? undefined : `${path} is not as it was: ${changed.join(', ')}.`;
}

function mountChanges(before: readonly MountPoint[], now: readonly MountPoint[]): readonly string[] {
  const asText = ({ path, fileSystem, options }: MountPoint) => `${path} (${fileSystem}, ${options.join(',')})`;
  const [was, is] = [before.map(asText), now.map(asText)];
  return [
    ...is.filter((one) => !was.includes(one)).map((one) => `The mount ${one} was not there before.`),
    ...was.filter((one) => !is.includes(one)).map((one) => `The mount ${one} is gone, or was mounted otherwise.`),
  ];
}
