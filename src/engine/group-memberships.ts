/** Creates a container whose user is in exactly the groups that containerd would give it. */
import { objectOr } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import { type Account, idIn, readAccounts } from './accounts.ts';
import { archiveEntries } from './archive.ts';
import type { ContainerRequest, Engine } from './engine.ts';

/** /etc/passwd and /etc/group of the largest images are below 10 kB each. */
const MAX_BYTES = 1024 * 1024;

/** An image does not change: its accounts are read once. */
const known = new WeakMap<Engine, Map<string, readonly Account[]>>();

/** True where the user's groups of the image's /etc/group do not count. */
export function isStrict({ podSpec }: Pick<Workload, 'podSpec'>): boolean {
  return objectOr(podSpec.securityContext).supplementalGroupsPolicy === 'Strict';
}

/**
 * containerd adds the groups of the image's /etc/group that list the user, whatever `runAsGroup` says, unless the policy
 * is Strict. Engines add them exactly when no group is named. Returns the id, with the request as it was made.
 */
export async function createWithGroups(
  engine: Engine,
  request: ContainerRequest,
  strict: boolean,
): Promise<{ readonly id: string; readonly request: ContainerRequest }> {
  const namesGroup = request.user?.includes(':') === true;
  if (namesGroup === strict) return { id: await engine.create(request), request };
  const cached = known.get(engine)?.get(request.image);
  if (cached !== undefined) return created(engine, withGroups(request, cached, strict));
  const first = await created(engine, request);
  try {
    const accounts = readAccounts(
      await textOf(engine, first.id, '/etc/passwd'),
      await textOf(engine, first.id, '/etc/group'),
    );
    known.set(engine, (known.get(engine) ?? new Map()).set(request.image, accounts));
    const settled = withGroups(request, accounts, strict);
    if (settled === request) return first;
    await engine.remove(first.id);
    return await created(engine, settled);
  } catch (error) {
    await engine.remove(first.id);
    throw error;
  }
}

const created = async (engine: Engine, request: ContainerRequest) => ({ id: await engine.create(request), request });

/** The request itself where nothing changes. */
export function withGroups(request: ContainerRequest, accounts: readonly Account[], strict: boolean): ContainerRequest {
  const [user = '', group] = (request.user ?? '').split(':');
  const uid = idIn(user);
  const account = accounts.find((one) => (uid === undefined ? one.name === user : one.uid === uid));
  if (strict) return group === undefined ? { ...request, user: `${user}:${account?.gid ?? 0}` } : request;
  const more = (account?.groups ?? []).filter((gid) => !request.groups.includes(gid) && String(gid) !== group);
  return more.length === 0 ? request : { ...request, groups: [...request.groups, ...more] };
}

async function textOf(engine: Engine, id: string, path: string): Promise<string> {
  if ((await engine.stat(id, path)) === undefined) return '';
  for await (const entry of archiveEntries(await engine.copyOut(id, path))) {
    return (await entry.content(MAX_BYTES)).toString('utf8');
  }
  return '';
}
