/** Who a container's processes are and what they may do: user, groups, capabilities, as kubelet and containerd decide. */
import { listOf, objectOr } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { ImageConfig } from './engine.ts';

/** What containerd gives a container that asks for nothing (0xa80425fb). Docker's and Podman's own sets differ. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'NET_RAW',
  'SYS_CHROOT',
  'MKNOD',
  'AUDIT_WRITE',
  'SETFCAP',
];

/** Every capability of Linux 5.9 and newer, by number. */
export const ALL_CAPABILITIES: readonly string[] = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** The bounding set, in containerd's order of operations: ALL first, then single names, drops last. */
export function capabilitiesOf(container: Container): readonly string[] {
  const { capabilitiesAdd, capabilitiesDrop, privileged } = container.settings;
  if (privileged.value) return ALL_CAPABILITIES;
  const add = capabilitiesAdd.value;
  const drop = capabilitiesDrop.value;
  const base = drop.includes('ALL') ? [] : add.includes('ALL') ? ALL_CAPABILITIES : DEFAULT_CAPABILITIES;
  const asked = add.filter((name) => ALL_CAPABILITIES.includes(name));
  return [...new Set([...base, ...asked])].filter((name) => !drop.includes(name));
}

/**
 * The user as the runtime shall have it. The kubelet takes only the user of the image's USER, never its group; without
 * a group the runtime looks the user up in the image's passwd.
 */
export function userOf(container: Container, image: ImageConfig): string {
  const { runAsUser, runAsGroup } = container.settings;
  const user = runAsUser.value === undefined ? imageUser(image) : String(runAsUser.value);
  return runAsGroup.value === undefined ? user : `${user}:${runAsGroup.value}`;
}

/** Supplementary groups besides those of the image's /etc/group. */
export function groupsOf(podSpec: Readonly<Record<string, unknown>>): readonly number[] {
  const context = objectOr(podSpec.securityContext);
  const groups = [...listOf(context.supplementalGroups), context.fsGroup].filter((gid) => isId(gid));
  return [...new Set(groups)];
}

/** The sentence with which the kubelet refuses to create a container; undefined: it does not. */
export function refusalOf(container: Container, image: ImageConfig): string | undefined {
  const { runAsNonRoot, runAsUser } = container.settings;
  if (runAsNonRoot.value !== true) return undefined;
  if (runAsUser.value !== undefined) {
    return runAsUser.value === 0 ? "container's runAsUser breaks non-root policy" : undefined;
  }
  const user = imageUser(image);
  if (!/^\d+$/.test(user)) {
    return `container has runAsNonRoot and image has non-numeric user (${user}), cannot verify user is non-root`;
  }
  return Number(user) === 0 ? 'container has runAsNonRoot and image will run as root' : undefined;
}

function imageUser(image: ImageConfig): string {
  return image.user.split(':')[0] || '0';
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32 - 1;
}
