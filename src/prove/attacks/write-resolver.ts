/** Change how names are resolved, beside /etc/hosts: the resolver's servers, the order of its sources, the own name. */
import type { Attack } from '../attack.ts';
import { fileOnRoot, isDeclared, openForAppending, planOf } from '../image-files.ts';
import type { Target } from '../target.ts';

/** Mounted by the runtime, read-only exactly where the root is. */
const MOUNTED = ['/etc/resolv.conf', '/etc/hostname'];
const OF_IMAGE = ['/etc/nsswitch.conf'];

/** A mount of its own that the manifest does not ask for. */
function isMadeByRuntime(target: Target, path: string): boolean {
  const facts = target.paths.get(path);
  const isMount = target.mounts.some((each) => each.path === path && each.id === facts?.mountId);
  return facts?.kind === 'file' && isMount && !isDeclared(target, path);
}

const attack: Attack = {
  id: 'write-resolver',
  title: 'Change which servers resolve names',
  family: 'files',
  technique: 'T1562.001',
  harmless: false,
  why: 'Whoever answers for names sends the application wherever he wants: to his database, his updates, his logins.',
  looksAt: [...MOUNTED, ...OF_IMAGE],
  stoppedBy: ['read-only-root-filesystem', 'run-as-non-root'],
  plan(target) {
    const paths = [
      ...MOUNTED.filter((path) => isMadeByRuntime(target, path)),
      ...OF_IMAGE.filter((path) => fileOnRoot(target, path) !== undefined),
    ];
    return planOf(paths.map(openForAppending), 'the container has none of the files that decide it');
  },
};

export default attack;
