/** What capabilities can do to immutability: the harmless ones, and the powerful ones with what they do. */

/** Those that every container has by default, as Pod Security lists them: the runtime's set but for NET_RAW. */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

export interface Power {
  readonly does: string;
  /** What makes it undo a read-only root, as uid 0; absent: it does not. */
  readonly undoesRoot?: 'always' | 'outside a user namespace';
}

/** Sentences continue "NAME ...". */
export const CAPABILITY_POWERS: ReadonlyMap<string, Power> = new Map<string, Power>([
  [
    'ALL',
    { does: 'is every capability, SYS_ADMIN among them: it can remount the root filesystem', undoesRoot: 'always' },
  ],
  ['SYS_ADMIN', { does: 'can remount the root filesystem: `mount -o remount,rw /`', undoesRoot: 'always' }],
  ['SYS_MODULE', { does: "can load code into the host's kernel", undoesRoot: 'outside a user namespace' }],
  [
    'SYS_RAWIO',
    { does: "can reach the host's hardware and memory through I/O ports", undoesRoot: 'outside a user namespace' },
  ],
  [
    'DAC_READ_SEARCH',
    {
      does: "can open any file of the host's filesystem by its handle, the container's own layers included",
      undoesRoot: 'outside a user namespace',
    },
  ],
  [
    'SYS_PTRACE',
    { does: 'can change the memory of every process that it sees, and reach files through `/proc/PID/root`' },
  ],
  ['BPF', { does: 'can load programs into the kernel' }],
  ['PERFMON', { does: 'can read the memory of the kernel and of other processes' }],
  ['MKNOD', { does: "can make device nodes; only the device cgroup keeps it from the host's disks" }],
  ['NET_ADMIN', { does: "can change the pod's network: addresses, routes, firewall" }],
  ['NET_RAW', { does: 'can send forged packets into the network' }],
  ['SYS_BOOT', { does: 'can reboot, where the pod shares the process namespace of the host' }],
  ['SYS_TIME', { does: "can set the host's clock" }],
  ['SYSLOG', { does: "can read the kernel's log and addresses" }],
  ['MAC_ADMIN', { does: "can change the node's mandatory access control" }],
  ['MAC_OVERRIDE', { does: 'can override mandatory access control' }],
  ['LINUX_IMMUTABLE', { does: 'can clear the immutable attribute of files on its volumes' }],
  ['SYS_RESOURCE', { does: 'can exceed quotas and limits' }],
  ['SYS_NICE', { does: 'can take processor time from others' }],
  ['IPC_LOCK', { does: 'can lock memory' }],
]);

/** What is said of a name that is not known here. */
export const UNKNOWN_POWER: Power = { does: 'is more than a container has by default' };
