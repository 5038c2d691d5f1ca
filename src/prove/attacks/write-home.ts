/** Create files in home directories. */
import { createFile } from '../dropping.ts';
import { inDirectories } from '../image-files.ts';

const HOMES = [
  ...['/root', '/home', '/home/nonroot', '/home/node', '/home/app', '/home/appuser', '/home/user', '/home/ubuntu'],
  '/var/www',
];

const attack = inDirectories(
  {
    id: 'write-home',
    title: 'Write to a home directory',
    technique: 'T1036',
    why: 'A home directory holds keys that let somebody in, and files that shells and tools obey when they start.',
  },
  HOMES,
  2,
  (target, directory) => createFile(target, directory, '-home'),
);

export default attack;
