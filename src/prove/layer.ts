/** Names what stood in the way of a call: an errno alone does not tell, and the fix depends on it. */
import { ALL_CAPABILITIES } from '../engine/identity.ts';
import { mountAround } from './mounts.ts';
import type { Call } from './probe/program.ts';
import type { Target } from './target.ts';

export const LAYERS = [
  'read-only mount',
  'noexec mount',
  'nosuid mount',
  'no new privileges',
  'permission',
  'capability',
  'seccomp',
  'LSM',
  'user namespace',
  'device cgroup',
  'kernel setting',
  'admission',
  'RBAC',
  'missing tool',
] as const;

export type Layer = (typeof LAYERS)[number];

const EXECUTIONS: ReadonlySet<string> = new Set(['execve', 'execveat']);

/**
 * What refused `call` with `errno`; null: not known. `needs` is the capability for want of which the kernel says EPERM.
 * Seccomp comes first, because the kernel asks it first.
 */
export function layerOf(errno: string, call: Call, target: Target, needs?: string): Layer | null {
  if (target.filtered.has(call.name)) return 'seccomp';
  if (errno === 'EROFS') return 'read-only mount';
  if (errno === 'EACCES') return layerOfAccess(call, target);
  if (errno !== 'EPERM') return null;
  if (needs === undefined) return 'permission';
  if (!hasCapability(target, needs)) return 'capability';
  if (target.userNamespace) return 'user namespace';
  return target.lsm === undefined ? 'kernel setting' : 'LSM';
}

function layerOfAccess({ name, args }: Call, target: Target): Layer {
  const path = args.find((each) => typeof each === 'string' && each.startsWith('/'));
  if (EXECUTIONS.has(name) && typeof path === 'string' && mountAround(target.mounts, path).options.includes('noexec'))
    return 'noexec mount';
  // Nothing but such a module keeps root, with the capability to overrule permissions, from a file.
  const overrules = hasCapability(target, 'DAC_OVERRIDE') && !target.userNamespace;
  return overrules && target.lsm !== undefined && !EXECUTIONS.has(name) ? 'LSM' : 'permission';
}

/** What an errno tells by itself, where only the words of a program are known; null: nothing for sure. */
export function layerTold(errno: string | null): Layer | null {
  return errno === 'EROFS' ? 'read-only mount' : errno === 'EACCES' ? 'permission' : null;
}

/** Whether a capability, by its name without `CAP_`, is in effect. */
export function hasCapability({ capabilities }: Pick<Target, 'capabilities'>, name: string): boolean {
  const number = ALL_CAPABILITIES.indexOf(name);
  if (number < 0) throw new Error(`no capability: ${name}`);
  return (capabilities & (1n << BigInt(number))) !== 0n;
}
