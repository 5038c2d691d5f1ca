/** Leave a symbolic link in a directory of the host, for whoever follows it there. */
import type { Attack, ProbeTry } from '../attack.ts';
import { newName } from '../dropping.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD } from '../probe/syscalls.ts';
import { hostPlaces, type Target } from '../target.ts';

/** A link is text: where it leads is decided by who follows it, and on the host that is the host's own root. */
const LEADS_TO = '/';

function leaveLink(target: Target, directory: string): ProbeTry {
  const name = newName(target, directory, '-link');
  const made = call('symlinkat', LEADS_TO, AT_FDCWD, name);
  const program = [made, call('unlinkat', AT_FDCWD, name, 0)];
  return { place: directory, gain: 'succeeded', program, decisive: [made] };
}

const attack: Attack = {
  id: 'host-path-symlink',
  title: 'Leave a symbolic link in a directory of the host',
  family: 'neighbours',
  technique: 'T1611',
  harmless: true,
  why: 'A process of the host that follows a link out of the shared directory (a log collector, a backup, the kubelet) reads or writes where the intruder pointed it.',
  stoppedBy: ['writable-host-path'],
  plan(target) {
    const places = hostPlaces(target).filter(({ facts }) => facts.kind === 'directory');
    const none = { place: '', reason: 'no directory of the host is mounted' };
    return {
      tries: places.map(({ mount }) => leaveLink(target, mount.path)),
      skipped: places.length === 0 ? [none] : [],
    };
  },
};

export default attack;
