/** Turns what is wrong and what was learned into the changes that harden a workload: data in, data out. */

import type { Knob } from '../catalogue/entry.ts';
import type { Tools } from '../image/tools.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Change } from './change.ts';
import { type KnobImage, knobChanges } from './knobs.ts';
import { freeLabel } from './labels.ts';
import { clearingChanges } from './leftovers.ts';
import { canCopyPlainly, SEED_PREFIX, type Seed, seedContainer } from './seeds.ts';
import { claimDocument, claimObstacle, type StatePolicy, storageFor } from './state.ts';
import { type LeftOut, planVolumes, type VolumeDecision, volumeChanges, volumeNames } from './volumes.ts';

/** Ports below this need a capability, or the safe sysctl that opens them to everyone in the pod's own network. */
const FIRST_UNPRIVILEGED_PORT = 1024;
const LOW_PORT_SYSCTL = 'net.ipv4.ip_unprivileged_port_start';

/** As whom a container runs in the plan, and what it may do. */
export interface Identity {
  /** undefined: the manifest's own choice stays as it is. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** The only capabilities that stay; `default`: the runtime's default set, and what the manifest adds. */
  readonly capabilities: readonly string[] | 'default';
  /** What stays open because nothing works without it; absent: nothing. */
  readonly open?: 'privilege-escalation' | 'privilege-escalation-and-system-calls';
}

/** What was decided for one container. */
export interface ContainerDecision extends VolumeDecision {
  readonly identity: Identity;
  /** Who that is, by the image where the manifest does not say; absent: not known, and then not root. */
  readonly runsAs?: { readonly uid: number; readonly gid: number };
  /** Ports that it listens on, from the manifest and the image. */
  readonly ports: readonly number[];
  /** The directory in which it starts instead; absent: as it is. */
  readonly workingDirectory?: string;
  /** Files on its volumes that are removed before each start; absent: none. */
  readonly leftovers?: readonly string[];
  /** What its image has to copy with. */
  readonly tools: Tools;
  /** Settings that take the place of volumes; absent: none. */
  readonly knobs?: readonly Knob[];
  /** The image's own settings; undefined: not read. */
  readonly image?: KnobImage | undefined;
}

/** What is decided for the whole workload. */
export interface PodDecision {
  readonly state?: StatePolicy;
  /** `keep`: users stay as they are, for platforms that assign them. */
  readonly users?: 'keep' | undefined;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** Whole objects that belong beside the workload: claims. */
  readonly documents: readonly JsonObject[];
  /** What was written and stays closed: the workload has to work without it. */
  readonly leftOut: readonly LeftOut[];
  /** What no change of this plan can mend, each one sentence that names the place. */
  readonly obstacles: readonly string[];
}

/**
 * Plans the hardening of a workload.
 * @param decisions by container name; a container without one is left as it is.
 */
export function planHardening(
  workload: Workload,
  decisions: ReadonlyMap<string, ContainerDecision>,
  { state }: PodDecision = {},
): Plan {
  const changes: Change[] = [...misplacedField(workload), ...loosened(workload)];
  const documents: JsonObject[] = [];
  const leftOut: LeftOut[] = [];
  const obstacles = new Set<string>();
  const taken = volumeNames(workload);
  const names = new Set(workload.containers.map(({ name }) => name));
  const seeding: Change[] = [];
  for (const container of workload.containers) {
    // The API server refuses a changed ephemeral container, and one is never part of a template.
    if (container.role === 'ephemeral') continue;
    const decision = decisions.get(container.name);
    if (!decision) continue;
    const security = securityChanges(container, decision.identity);
    changes.push(...security);
    for (const knob of decision.knobs ?? []) changes.push(...knobChanges(container, knob, decision.image).changes);
    changes.push(...clearingChanges(container, decision.leftovers ?? [], decision.image));
    if (decision.workingDirectory !== undefined)
      changes.push({
        op: 'add',
        path: [...container.path, 'workingDir'],
        value: decision.workingDirectory,
        because: 'it writes files by relative names where it starts, and no volume may be there',
      });
    const planned = planVolumes(container, decision, taken);
    leftOut.push(...planned.leftOut);
    const seeds: Seed[] = [];
    for (const volume of planned.volumes) {
      const storage = storageFor(workload, volume, state);
      changes.push(...volumeChanges(workload, container, volume, storage));
      if (storage.kind === 'claim') documents.push(claimDocument(workload, storage.claimName, volume.size));
      const obstacle = storage.kind === 'claim' ? claimObstacle(workload) : undefined;
      if (obstacle !== undefined) obstacles.add(obstacle);
      if (storage.kind !== 'emptyDir') changes.push(...groupOfClaims(workload, decision));
      if (volume.seed) seeds.push(volume.seed);
    }
    if (seeds.length === 0) continue;
    const { tools } = decision;
    if (tools === 'none' || (tools === 'cp' && !canCopyPlainly(seeds))) {
      obstacles.add(cannotCopy(container, seeds, tools));
      continue;
    }
    const name = freeLabel(`${SEED_PREFIX}${container.name}`, 'seed', names);
    names.add(name);
    const context = contextAfter(container, security);
    seeding.push({
      op: 'add',
      path: [...workload.podSpecPath, 'initContainers', seeding.length],
      value: seedContainer(name, container, context, decision.runsAs?.uid === 0, seeds, tools),
      because: `${container.name} writes where its image ships files, which an empty volume would hide`,
    });
  }
  changes.push(...lowPorts(workload, decisions));
  changes.push(...noToken(workload, decisions));
  // Last: from here on the init containers stand elsewhere in their list.
  changes.push(...seeding);
  return { changes: once(changes), documents, leftOut, obstacles: [...obstacles] };
}

function cannotCopy({ name, image }: Container, seeds: readonly Seed[], tools: Tools): string {
  const where = seeds.map(({ from }) => from).join(', ');
  const lacks = tools === 'none' ? 'neither a shell nor cp' : 'no shell';
  return `${name} writes into ${where}, where its image ships files; they would have to be copied into a volume first, and the image ${image ?? ''} has ${lacks}. Build it so that these paths are elsewhere, or fill a volume from another image`;
}

/** The security context that a container has once its changes are made, as one mapping. */
function contextAfter(container: Container, changes: readonly Change[]): JsonObject {
  const { settings } = container;
  const context: Record<string, unknown> = {};
  for (const key of ['runAsUser', 'runAsGroup', 'runAsNonRoot'] as const)
    if (settings[key].value !== undefined) context[key] = settings[key].value;
  for (const { op, path, value } of changes) {
    const [field, ...below] = path.slice(container.path.length + 1);
    if (op === 'add' && typeof field === 'string' && below.length === 0 && field.startsWith('runAs'))
      context[field] = value;
  }
  return {
    readOnlyRootFilesystem: true,
    allowPrivilegeEscalation: false,
    ...context,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** A claim's volume belongs to root; the kubelet gives it to this group. */
function groupOfClaims(workload: Workload, { runsAs: user }: ContainerDecision): readonly Change[] {
  const context = objectOr(workload.podSpec.securityContext);
  if (user === undefined || user.uid === 0 || context.fsGroup !== undefined) return [];
  const at = [...workload.podSpecPath, 'securityContext'];
  return [
    {
      op: 'add',
      path: [...at, 'fsGroup'],
      value: user.gid,
      because: 'else a claim’s volume belongs to root, and its user cannot write there',
    },
    {
      op: 'add',
      path: [...at, 'fsGroupChangePolicy'],
      value: 'OnRootMismatch',
      because: 'else every start opens all of its files to the group, which databases refuse',
    },
  ];
}

/** The trial had no token either: what works without one needs none. A named account is there for a reason. */
function noToken(workload: Workload, decisions: ReadonlyMap<string, ContainerDecision>): readonly Change[] {
  const { podSpec, podSpecPath } = workload;
  const account = textOf(podSpec.serviceAccountName) ?? textOf(podSpec.serviceAccount);
  if (decisions.size === 0 || podSpec.automountServiceAccountToken !== undefined) return [];
  if (account !== undefined && account !== 'default') return [];
  const because = 'it works without the token of a service account';
  return [{ op: 'add', path: [...podSpecPath, 'automountServiceAccountToken'], value: false, because }];
}

/** The same change may come from several containers. */
function once(changes: readonly Change[]): Change[] {
  const known = new Set<string>();
  return changes.filter((change) => {
    const { op, path, value } = change;
    const key = JSON.stringify([op, path, value]);
    if (path.at(-1) === '-' || !known.has(key)) {
      known.add(key);
      return true;
    }
    return false;
  });
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
  if (settings.allowPrivilegeEscalation.value && !keepsAdmin && identity.open === undefined) {
    set('allowPrivilegeEscalation', false, 'no setuid program may win root back');
  }
  if (identity.user) {
    const { uid, gid } = identity.user;
    if (uid !== 0 && !settings.runAsNonRoot.value) set('runAsNonRoot', true, 'root could write and execute in /dev');
    if (settings.runAsUser.value !== uid) set('runAsUser', uid, 'it works as this user');
    if (settings.runAsGroup.value !== gid) set('runAsGroup', gid, 'else the group would be root');
  }
  if (identity.capabilities !== 'default') changes.push(...onlyCapabilities(container, identity.capabilities));
  if (settings.procMount.value !== 'Default') set('procMount', 'Default', 'an unmasked /proc reaches the host');
  const filtered = settings.seccompProfile.value !== undefined && settings.seccompProfile.value !== 'Unconfined';
  if (!filtered && identity.open !== 'privilege-escalation-and-system-calls') {
    set('seccompProfile', { type: 'RuntimeDefault' }, 'Kubernetes filters no system call by default');
  }
  return changes;
}

function onlyCapabilities(container: Container, kept: readonly string[]): readonly Change[] {
  const { capabilitiesAdd } = container.settings;
  // As the runtime reads names; Pod Security takes only `ALL` itself.
  const written = listOf(objectOr(objectOr(container.spec.securityContext).capabilities).drop);
  const at = [...container.path, 'securityContext', 'capabilities'];
  const changes: Change[] = [];
  if (kept.length === 0 && capabilitiesAdd.value.length > 0) {
    changes.push({ op: 'remove', path: [...at, 'add'], because: 'it works without them' });
  }
  if (!written.includes('ALL')) {
    const because =
      kept.length === 0 ? 'it works without any capability' : 'it works with those alone that are added back';
    changes.push({ op: 'add', path: [...at, 'drop'], value: ['ALL'], because });
  }
  if (kept.length > 0 && !isSame(kept, capabilitiesAdd.value)) {
    changes.push({
      op: 'add',
      path: [...at, 'add'],
      value: [...kept],
      because: 'without any one of these it did not work',
    });
  }
  return changes;
}

const isSame = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((name) => b.includes(name));

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
      identity.capabilities !== 'default' &&
      !identity.capabilities.includes('NET_BIND_SERVICE') &&
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
