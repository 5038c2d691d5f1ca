/** A child in namespaces of its own: what it mounts there is gone with it. */
import { type Call, call, resultOf, spawnWith } from './probe/program.ts';
import { AT_FDCWD, O_WRONLY } from './probe/syscalls.ts';
import type { Target } from './target.ts';

/** A directory that every container has, to mount over: in a namespace of one's own nobody misses it. */
export const SCRATCH = '/sys';

/** Makes the calls in a child with new namespaces (`CLONE_NEWNS` …) and waits for it. */
export function inNamespaces(flags: number, ...inner: readonly Call[]): { child: Call; calls: readonly Call[] } {
  const child = spawnWith(flags, ...inner);
  return { child, calls: [child, call('wait4', resultOf(child), 0, 0, 0)] };
}

/**
 * With these calls a child in a new user namespace becomes its root. The kernel wants CAP_SETFCAP of whoever gives the
 * real root to such a namespace.
 */
export function becomeRoot({ uid, gid }: Pick<Target, 'uid' | 'gid'>): { calls: readonly Call[]; mapped: Call } {
  const write = (name: string, text: string) => {
    const opened = call('openat', AT_FDCWD, `/proc/self/${name}`, O_WRONLY);
    const wrote = call('write', resultOf(opened), Buffer.from(text), text.length);
    return { wrote, calls: [opened, wrote, call('close', resultOf(opened))] };
  };
  const users = write('uid_map', `0 ${uid} 1\n`);
  // Who may not change groups outside must give it up inside before he may name one.
  const groups = [...write('setgroups', 'deny').calls, ...write('gid_map', `0 ${gid} 1\n`).calls];
  return { calls: [...users.calls, ...groups], mapped: users.wrote };
}
