/** Finds out which calls a seccomp filter refuses: calls that the kernel itself would answer otherwise, harmlessly. */
import type { Report } from './probe/decode.ts';
import { type Call, call } from './probe/program.ts';
import type { SyscallName } from './probe/syscalls.ts';

/** No address of any process: the kernel answers EFAULT before it looks at privileges. */
const NOWHERE = 1;
const NO_FLAGS = 0x7fff0000;
const NO_DESCRIPTOR = -1;
const NO_OPERATION = 9999;
/** CLONE_NEWUSER with CLONE_FS: refused as invalid before anything else. */
const INVALID_CLONE = 0x10000000 | 0x200 | 17;

/**
 * Each is refused by the kernel without any effect, and never with EPERM or ENOSYS. Not here: calls that ask for the
 * capability first (init_module, pivot_root, open_by_handle_at), where EPERM would say nothing.
 */
const TELLTALES: Partial<Record<SyscallName, readonly number[]>> = {
  add_key: [NOWHERE, NOWHERE, 0, 0, 0],
  bpf: [NO_OPERATION, NOWHERE, 0],
  clone: [INVALID_CLONE, 0, 0, 0, 0],
  execveat: [NO_DESCRIPTOR, NOWHERE, 0, 0, NO_FLAGS],
  keyctl: [NO_OPERATION, 0, 0, 0, 0],
  memfd_create: [NOWHERE, NO_FLAGS],
  mount: [NOWHERE, NOWHERE, NOWHERE, 0, 0],
  process_vm_writev: [0, 0, 0, 0, 0, NO_FLAGS],
  ptrace: [NO_OPERATION, 0, 0, 0],
  setns: [NO_DESCRIPTOR, 0],
  umount2: [NOWHERE, NO_FLAGS],
  unshare: [1],
};

export function telltales(): ReadonlyMap<SyscallName, Call> {
  return new Map(
    Object.entries(TELLTALES).map(([name, args]) => [name as SyscallName, call(name as SyscallName, ...args)]),
  );
}

/** The calls that are refused; meaningful only where the process is under a filter. */
export function filteredIn(report: Report, asked: ReadonlyMap<SyscallName, Call>): ReadonlySet<SyscallName> {
  const refused = [...asked].filter(([, each]) => ['EPERM', 'ENOSYS', 'EACCES'].includes(report.errno(each) ?? ''));
  return new Set(refused.map(([name]) => name));
}
