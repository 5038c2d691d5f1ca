/** A pod's own user namespace (`hostUsers: false`): whether it can be had, and whose the files are that the pod is given. */

import { readFileSync } from 'node:fs';
import { lchown, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workload } from '../workload/workload.ts';
import type { EngineInfo, IdRange } from './engine.ts';
import { HOST_FIELDS, namespacesAskedFor } from './host-namespaces.ts';

/** As many as the kubelet gives; from an id on that neither distributions nor systemd hand out (systemd's UIDS-GIDS). */
export const POD_IDS: IdRange = { first: 0x7000_0000, size: 65_536 };

type Where = Pick<EngineInfo, 'name' | 'local'>;

const NONE_HERE = 'hostUsers: the pod has no user namespace of its own here.';

/** The ids of the host that stand for the pod's own; undefined: the pod's are the host's. */
export function podIdsOf(workload: Workload, info: Where): IdRange | undefined {
  const wanted = workload.podSpec.hostUsers === false && userNamespaceMissing(workload, info) === undefined;
  return wanted ? POD_IDS : undefined;
}

/** Why a pod with `hostUsers: false` has the host's users all the same, one sentence; undefined: it has not. */
export function userNamespaceMissing(workload: Workload, { name, local }: Where): string | undefined {
  if (workload.podSpec.hostUsers !== false) return undefined;
  const [shared] = namespacesAskedFor(workload);
  if (shared !== undefined)
    return `hostUsers: Kubernetes rejects false together with ${HOST_FIELDS[shared]}; the pod has no user namespace of its own here.`;
  return name === 'podman' && local && kernelCanMap(POD_IDS) ? undefined : NONE_HERE;
}

function kernelCanMap(ids: IdRange): boolean {
  const [users, groups] = [readText('/proc/self/uid_map'), readText('/proc/self/gid_map')];
  return canMap({ users, groups, most: readText('/proc/sys/user/max_user_namespaces') }, ids);
}

/** What the kernel says of this process's own ids, and of how many namespaces there may be. */
interface Mapped {
  readonly users: string;
  readonly groups: string;
  readonly most: string;
}

/** Within a user namespace itself, this host may lack these ids; and an administrator may have forbidden new ones. */
export function canMap({ users, groups, most }: Mapped, { first, size }: IdRange): boolean {
  const has = (map: string) =>
    map.split('\n').some((line) => {
      const [inside = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
      return inside <= first && inside + count >= first + size;
    });
  return has(users) && has(groups) && Number(most) > 0;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The host's number of an id of the pod; what is one already stays. */
export function hostId(id: number, ids: IdRange | undefined): number {
  return ids === undefined || id >= ids.first ? id : ids.first + id;
}

/**
 * Kubernetes mounts a volume with its ids mapped; here they are shifted on the disk: what was made as the host's root is
 * then the pod's root's. With everything below it; links themselves, never what they point to. Only for what nobody in
 * the pod can change yet.
 */
export async function giveToPod(path: string, ids: IdRange | undefined): Promise<void> {
  if (ids === undefined) return;
  const seen = await lstat(path);
  await lchown(path, hostId(seen.uid, ids), hostId(seen.gid, ids));
  if (!seen.isDirectory()) return;
  for (const entry of await readdir(path)) await giveToPod(join(path, entry), ids);
}
