/** Open a file by its number instead of its path. */
import type { Attack } from '../attack.ts';
import { call, output, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_RDONLY } from '../probe/syscalls.ts';

/** A file of the host's file system that every container has; what is opened is the same file again. */
const FILE = '/etc/hosts';
const HANDLE_BYTES = 128;
/** `struct file_handle`: its capacity, its type, the handle. */
const HEADER_BYTES = 8;
/** Where the kernel writes the mount's id, which nobody needs. */
const MOUNT_ID_BYTES = 8;

const attack: Attack = {
  id: 'open-by-handle',
  title: 'Open files of the host by their handles',
  family: 'kernel',
  technique: 'T1611',
  harmless: true,
  looksAt: [FILE],
  twinCapabilities: ['DAC_READ_SEARCH'],
  why: 'A handle names a file by its number: every file of the file system below the container can be opened, whatever is mounted of it.',
  stoppedBy: ['privileged', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    if (!target.paths.has(FILE)) {
      return { tries: [], skipped: [{ place: '', reason: `the container has no ${FILE}` }] };
    }
    const handle = output(HEADER_BYTES + HANDLE_BYTES);
    const capacity = Buffer.alloc(HEADER_BYTES);
    capacity.writeUInt32LE(HANDLE_BYTES);
    // A buffer has no content of its own: the capacity comes into it through an anonymous file.
    const memory = call('memfd_create', 'petrify', 0);
    const written = call('write', resultOf(memory), capacity, capacity.length);
    const filled = call('pread64', resultOf(memory), handle, capacity.length, 0);
    const opened = call('openat', AT_FDCWD, FILE, O_RDONLY);
    const named = call('name_to_handle_at', AT_FDCWD, FILE, handle, output(MOUNT_ID_BYTES), 0);
    const again = call('open_by_handle_at', resultOf(opened), handle, O_RDONLY);
    const closed = [again, opened, memory].map((each) => call('close', resultOf(each)));
    return {
      tries: [
        {
          place: FILE,
          gain: 'succeeded',
          program: [memory, written, filled, opened, named, again, ...closed],
          decisive: [opened, named, again],
          needs: 'DAC_READ_SEARCH',
        },
      ],
      skipped: [],
    };
  },
};

export default attack;
