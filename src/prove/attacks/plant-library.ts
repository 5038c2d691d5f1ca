/** Put a library where the dynamic linker, or an interpreter, looks for it. */
import { createFile } from '../dropping.ts';
import { inDirectories } from '../image-files.ts';

const LIBRARIES = [
  ...['/usr/lib', '/usr/local/lib', '/lib', '/lib64', '/usr/lib64', '/usr/lib/x86_64-linux-gnu'],
  ...['/usr/lib/aarch64-linux-gnu', '/usr/local/lib/node_modules', '/usr/lib/python3/dist-packages'],
];

const attack = inDirectories(
  {
    id: 'plant-library',
    title: 'Put a library where programs look for theirs',
    technique: 'T1036.005',
    why: 'A library under the right name is loaded into the application itself and runs with all that it may do.',
  },
  LIBRARIES,
  2,
  (target, directory) => createFile(target, directory, '.so'),
);

export default attack;
