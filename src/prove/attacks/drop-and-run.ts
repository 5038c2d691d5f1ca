/** Drop a program into every writable mount and execute it. */
import type { Attack, ProbeTry } from '../attack.ts';
import { dropAndRun, execution, PAYLOAD_EXIT_CODE, payload } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_APPEND, O_WRONLY } from '../probe/syscalls.ts';
import { type Target, type WritablePlace, writablePlaces } from '../target.ts';

/** Opening for appending decides; a file with content stays as it is, an empty one is emptied again afterwards. */
function writeFile(target: Target, { mount, facts, gain }: WritablePlace): ProbeTry {
  const opened = call('openat', AT_FDCWD, mount.path, O_WRONLY | O_APPEND);
  const closed = call('close', resultOf(opened));
  if (facts.size > 0) return { place: mount.path, gain, program: [opened, closed], decisive: [opened] };
  const content = payload(target.architecture);
  const wrote = call('write', resultOf(opened), content, content.length);
  const marked = call('fchmod', resultOf(opened), 0o777);
  const run = execution(PAYLOAD_EXIT_CODE, mount.path, [mount.path], []);
  const again = call('openat', AT_FDCWD, mount.path, O_WRONLY | O_APPEND);
  const tidy = [
    call('ftruncate', resultOf(again), 0),
    call('fchmod', resultOf(again), facts.mode),
    call('close', resultOf(again)),
  ];
  return {
    place: mount.path,
    gain,
    program: [opened, wrote, marked, closed, ...run.calls, again, ...tidy],
    decisive: [opened, wrote],
    execution: { ...run.execution, required: false },
  };
}

const attack: Attack = {
  id: 'drop-and-run',
  title: 'Drop a program into a writable mount and execute it',
  family: 'code',
  technique: 'T1036',
  harmless: false,
  opens: { kind: 'place', why: 'a writable mount' },
  why: 'What a volume lets the application write, it lets an intruder write as well, and as a rule execute.',
  stoppedBy: ['writable-host-path', 'image-volume', 'writable-program-directory', 'termination-message-path'],
  plan(target) {
    const places = writablePlaces(target);
    const special = places.filter(({ facts }) => facts.kind !== 'directory' && facts.kind !== 'file');
    return {
      tries: places.flatMap((place) => {
        if (place.facts.kind === 'directory') return [dropAndRun(target, place.mount.path, place.gain)];
        return place.facts.kind === 'file' ? [writeFile(target, place)] : [];
      }),
      // Opening a device can have effects by itself: a watchdog reboots the host.
      skipped: special.map(({ mount }) => ({ place: mount.path, reason: 'neither a directory nor a regular file' })),
    };
  },
};

export default attack;
