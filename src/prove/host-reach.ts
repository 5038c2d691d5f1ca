/** Which containers of a pod reach the host that they run on, and so this very machine while a proof runs them. */
import { privilegesOf } from '../engine/host-privileges.ts';
import { userOf } from '../workload/user.ts';
import type { Container, Workload } from '../workload/workload.ts';

/**
 * One sentence for each container that is started and holds such privileges as uid 0; another user has them not in
 * effect. A user that only the image could tell counts as uid 0, because this is said before anything runs.
 */
export function hostReach({ containers }: Workload): readonly string[] {
  return containers.flatMap((container) => {
    const holds = container.role === 'ephemeral' ? [] : privilegesBeyond(container);
    if (holds.length === 0 || !userOf(container.settings, undefined).mayBeRoot) return [];
    const what = holds[0] === PRIVILEGED ? 'is privileged' : `holds ${holds.join(', ')}`;
    return [`Container ${container.name} ${what}: what its program does reaches this host.`];
  });
}

const PRIVILEGED = 'privileged';

/** What the engine gives only because a proof must run what is written. */
function privilegesBeyond(container: Container): readonly string[] {
  const [written, harmless] = [privilegesOf(container, 'as-written'), privilegesOf(container, 'withheld')];
  if (written.privileged) return [PRIVILEGED];
  const capabilities = written.capabilities.filter((name) => !harmless.capabilities.includes(name));
  return [...capabilities, ...(written.unmaskedProc ? ['an unmasked /proc'] : [])];
}
