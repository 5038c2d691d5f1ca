/** Create files where the application lies. */
import { posix } from 'node:path';
import type { Attack } from '../attack.ts';
import { createFile } from '../dropping.ts';
import { directoriesOnRoot, planOf } from '../image-files.ts';
import { workingDirectory } from '../reconnaissance.ts';
import type { Target } from '../target.ts';

/** Where images keep applications and what they serve. */
const APPLICATIONS = [
  ...['/app', '/usr/src/app', '/workspace', '/opt/app', '/srv', '/usr/share/nginx/html', '/var/www/html', '/var/task'],
  ...['/opt', '/usr/local/bin'],
];
const PLACES = 3;

/** The working directory, then that of the program. */
function ownDirectories(target: Target): readonly string[] {
  const working = workingDirectory(target);
  const program = target.entrypoint === undefined ? undefined : posix.dirname(target.entrypoint);
  return [working, program].filter((path) => path !== undefined && path !== '/') as string[];
}

const attack: Attack = {
  id: 'write-application',
  title: 'Write where the application lies',
  family: 'files',
  technique: 'T1036.005',
  harmless: true,
  why: 'Interpreters load what lies beside the application, and servers serve it: a page, a plug-in, a module.',
  looksAt: APPLICATIONS,
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const places = directoriesOnRoot(target, [...ownDirectories(target), ...APPLICATIONS], PLACES);
    return planOf(
      places.map((place) => createFile(target, place, '-application')),
      'no directory of the application lies on the root file system',
    );
  },
};

export default attack;
