/** Load a program into the kernel's virtual machine. */
import type { Attack } from '../attack.ts';
import { hasCapability } from '../layer.ts';
import { call, resultOf, structure } from '../probe/program.ts';

const BPF_PROG_LOAD = 5;
const SOCKET_FILTER = 1n;
/** `r0 = 0; exit`: 8 bytes an instruction. */
const RETURN_ZERO = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
const INSTRUCTIONS = 2n;
/** Type and number of instructions share a field; then the instructions, the licence, and no log. */
const PROGRAM = structure(SOCKET_FILTER | (INSTRUCTIONS << 32n), RETURN_ZERO, 'GPL', 0, 0, 0);
const PROGRAM_BYTES = PROGRAM.fields.length * 8;

const attack: Attack = {
  id: 'load-bpf',
  title: 'Load a program into the kernel with bpf',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  opens: {
    kind: 'technique',
    what: 'bpf',
    why: 'the kernel of this host lets everybody load programs (kernel.unprivileged_bpf_disabled); a seccomp filter can refuse the call',
  },
  twinCapabilities: ['BPF'],
  why: 'Programs in the kernel see the traffic and the calls of every container of the machine, and faults of their checker have led out of containers.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root', 'missing-seccomp-profile', 'unconfined-seccomp'],
  plan(target) {
    const loaded = call('bpf', BPF_PROG_LOAD, PROGRAM, PROGRAM_BYTES);
    const program = [loaded, call('close', resultOf(loaded))];
    const privileged = ['BPF', 'SYS_ADMIN'].some((name) => hasCapability(target, name));
    return {
      tries: [
        {
          place: 'socket filter',
          // Without a privilege it works only where the host lets everybody.
          gain: privileged ? 'succeeded' : 'residual',
          program,
          decisive: [loaded],
          needs: 'BPF',
        },
      ],
      skipped: [],
    };
  },
};

export default attack;
