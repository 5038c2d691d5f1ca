/** Turns what is wrong and what was learned into the changes that harden a workload: data in, data out. */
import type { WritablePath } from '../profile/profile.ts';
import { listOf, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Change } from './change.ts';
import { planVolumes, volumeChanges, volumeNames } from './volumes.ts';

/** Ports below this need a capability, or the safe sysctl that opens them to everyone in the pod's own network. */
const FIRST_UNPRIVILEGED_PORT = 1024;
const LOW_PORT_SYSCTL = 'net.ipv4.ip_unprivileged_port_start';

/** As whom a container runs in the plan, and which capabilities stay. */
export interface Identity {
  /** undefined: the manifest's own choice stays as it is. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** `none`: drop ALL; `default`: the runtime's default set stays. */
  readonly capabilities: 'none' | 'default';
}

/** What was decided for one container. */
export interface ContainerDecision {
  readonly identity: Identity;
  readonly writable: readonly WritablePath[];
  /** Ports that it listens on, from the manifest and the image. */
  readonly ports: readonly number[];
}

export interface Plan {
  readonly changes: readonly Change[];
  /** What no change of this plan can mend, each one sentence that names the place. */
  readonly obstacles: readonly string[];
}

/**
 * Plans the hardening of a workload.
 * @param decisions by container name; a container without one is left as it is.
 */
export function planHardening(workload: Workload, decisions: ReadonlyMap<string, ContainerDecision>): Plan {
  const changes: Change[] = [...misplacedField(workload), ...loosened(workload)];
  const obstacles: string[] = [];
  const taken = volumeNames(workload);
  for (const container of workload.containers) {
    // The API server refuses a changed ephemeral container, and one is never part of a template.
    if (container.role === 'ephemeral') continue;
    const decision = decisions.get(container.name);
    if (!decision) continue;
    changes.push(...securityChanges(container, decision.identity));
    for (const path of decision.writable) {
      const obstacle = hidesShippedFiles(container, path);
      if (obstacle) obstacles.push(obstacle);
    }
    changes.push(...volumeChanges(workload, container, planVolumes(container, decision.writable, taken)));
  }
  changes.push(...lowPorts(workload, decisions));
  return { changes, obstacles };
}

function securityChanges(container: Container, identity: Identity): readonly Change[] {
  const { settings } = container;
  const changes: Change[] = [];
  const set = (key: string, value: unknown, because: string) =>
    changes.push({ op: 'add', path: [...container.path, 'securityContext', key], value, because });
  if (!settings.readOnlyRootFilesystem.value) {
    set('readOnlyRootFilesystem', true, 'nothing may change the image while it runs');
  }
  if (settings.privileged.value) set('privileged', false, 'privileged undoes the read-only root');
  // The API server refuses this field beside an added SYS_ADMIN.
  const keepsAdmin = identity.capabilities === 'default' && settings.capabilitiesAdd.value.includes('SYS_ADMIN');
  if (settings.allowPrivilegeEscalation.value && !keepsAdmin) {
    set('allowPrivilegeEscalation', false, 'no setuid program may win root back');
  }
  if (identity.user) {
    const { uid, gid } = identity.user;
    if (uid !== 0 && !settings.runAsNonRoot.value) set('runAsNonRoot', true, 'root could write and execute in /dev');
    if (settings.runAsUser.value !== uid) set('runAsUser', uid, 'it works as this user');
    if (settings.runAsGroup.value !== gid) set('runAsGroup', gid, 'else the group would be root');
  }
  if (identity.capabilities === 'none') changes.push(...dropAll(container));
  if (settings.procMount.value !== 'Default') set('procMount', 'Default', 'an unmasked /proc reaches the host');
  if (settings.seccompProfile.value === undefined || settings.seccompProfile.value === 'Unconfined') {
    set('seccompProfile', { type: 'RuntimeDefault' }, 'Kubernetes filters no system call by default');
  }
  return changes;
}

function dropAll(container: Container): readonly Change[] {
  const { capabilitiesAdd } = container.settings;
  // As the runtime reads names; Pod Security takes only `ALL` itself.
  const written = listOf(objectOr(objectOr(container.spec.securityContext).capabilities).drop);
  const at = [...container.path, 'securityContext', 'capabilities'];
  const changes: Change[] = [];
  if (capabilitiesAdd.value.length > 0) {
    changes.push({ op: 'remove', path: [...at, 'add'], because: 'it works without them' });
  }
  if (!written.includes('ALL')) {
    changes.push({ op: 'add', path: [...at, 'drop'], value: ['ALL'], because: 'it works without any capability' });
  }
  return changes;
}

/** `readOnlyRootFilesystem` in the pod's securityContext does nothing: the field exists for containers only. */
function misplacedField(workload: Workload): readonly Change[] {
  const context = workload.podSpec.securityContext;
  if (typeof context !== 'object' || context === null || !('readOnlyRootFilesystem' in context)) return [];
  return [
    {
      op: 'remove',
      path: [...workload.podSpecPath, 'securityContext', 'readOnlyRootFilesystem'],
      because: 'the field exists for containers only',
    },
  ];
}

/**
 * What the pod itself loosens for every container: each gets a filter of its own, and the next that is added should not be
 * without. (AppArmor stays as it is: no trial here can show that the application works confined.)
 */
function loosened(workload: Workload): readonly Change[] {
  if (objectOr(objectOr(workload.podSpec.securityContext).seccompProfile).type !== 'Unconfined') return [];
  const path = [...workload.podSpecPath, 'securityContext', 'seccompProfile'];
  return [{ op: 'add', path, value: { type: 'RuntimeDefault' }, because: 'nothing may run without a filter' }];
}

function lowPorts(workload: Workload, decisions: ReadonlyMap<string, ContainerDecision>): readonly Change[] {
  const needed = [...decisions.values()].some(
    ({ identity, ports }) =>
      identity.user !== undefined &&
      identity.user.uid !== 0 &&
      ports.some((port) => port > 0 && port < FIRST_UNPRIVILEGED_PORT),
  );
  if (!needed || workload.podSpec.hostNetwork === true || hasSysctl(workload)) return [];
  return [
    {
      op: 'add',
      path: [...workload.podSpecPath, 'securityContext', 'sysctls', '-'],
      value: { name: LOW_PORT_SYSCTL, value: '0' },
      because: 'a port below 1024 without a capability; the sysctl is safe: it ends at the pod',
    },
  ];
}

function hasSysctl(workload: Workload): boolean {
  const context = workload.podSpec.securityContext as { sysctls?: unknown } | undefined;
  const sysctls = context?.sysctls;
  return Array.isArray(sysctls) && sysctls.some((sysctl) => sysctl?.name === LOW_PORT_SYSCTL);
}

function hidesShippedFiles(container: Container, path: WritablePath): string | undefined {
  if (container.mounts.some((mount) => mount.mountPath === path.path)) return undefined;
  if (path.path === '/') return `${container.name} writes directly into /, and a volume cannot be mounted there`;
  // The API server refuses it: a colon separates the parts of a bind.
  if (path.path.includes(':'))
    return `${container.name} writes into ${path.path}, and a mount path may not hold a colon`;
  if (path.shippedFiles === 0) return undefined;
  const files = path.shippedFiles === 1 ? 'a file' : `${path.shippedFiles} files`;
  return `${container.name} writes into ${path.path}, where the image ships ${files}: an empty volume would hide ${path.shippedFiles === 1 ? 'it' : 'them'}`;
}
