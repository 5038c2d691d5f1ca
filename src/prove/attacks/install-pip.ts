/** Install a package with pip, from a wheel that needs no network. */
import { posix } from 'node:path';
import { type Installer, installAttack } from '../installing.ts';
import { PIP, pipInstall, pipUninstall } from '../pip.ts';
import { PACKAGE } from '../repositories/packaged.ts';
import { WHEEL } from '../repositories/wheel.ts';

const INSTALLER: Installer = {
  ...PIP,
  // Debian's pip keeps to /usr/local whatever the prefix is.
  installed: ['/usr/local/bin', '/usr/bin'].map((directory) => `${directory}/${PACKAGE}`),
  leaves: [],
  // With a prefix it neither falls back to the user's home nor refuses to work beside the system's package manager.
  install: ({ program }) => [pipInstall(program, ['--prefix', posix.dirname(posix.dirname(program))], WHEEL)],
  remove: ({ program }) => [pipUninstall(program, PACKAGE)],
};

const attack = installAttack(
  {
    id: 'install-pip',
    title: 'Install a Python package with pip',
    why: 'A package that lies among those of the application is imported by it, and brings programs besides.',
  },
  INSTALLER,
);

export default attack;
