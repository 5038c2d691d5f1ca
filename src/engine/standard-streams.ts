/** The standard streams of a container: programs open them again by name (/dev/stderr), and so must own them. */
import { chown, readFile, stat } from 'node:fs/promises';
import { parseIdentity } from './read-back.ts';

const STREAMS = [0, 1, 2];

/**
 * Gives the pipes of a process that has not run its first instruction to its user, as containerd 2 does it in a user
 * namespace; there the runtime itself may not (containerd's issue 10598). `pid` as this host sees it.
 */
export async function giveStreams(pid: number): Promise<void> {
  const { uid, gid } = parseIdentity(await readFile(`/proc/${pid}/status`, 'utf8'));
  for (const stream of STREAMS) {
    const path = `/proc/${pid}/fd/${stream}`;
    if ((await stat(path)).isFIFO()) await chown(path, uid, gid);
  }
}
