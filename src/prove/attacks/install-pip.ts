/** Install a package with pip, from a wheel that needs no network. */
import { posix } from 'node:path';
import type { Attack } from '../attack.ts';
import { type Installer, looksAt, planInstallation } from '../installing.ts';
import { PACKAGE } from '../repositories/packaged.ts';
import { WHEEL } from '../repositories/wheel.ts';

const BIN = ['/usr/local/bin', '/usr/bin'];

const INSTALLER: Installer = {
  name: 'pip',
  programs: BIN.flatMap((directory) => [`${directory}/pip3`, `${directory}/pip`]),
  // Debian's pip keeps to /usr/local whatever the prefix is.
  installed: BIN.map((directory) => `${directory}/${PACKAGE}`),
  leaves: [],
  install: ({ program }) => [
    // With a prefix it neither falls back to the user's home nor refuses to work beside the system's package manager.
    [
      program,
      'install',
      '--prefix',
      posix.dirname(posix.dirname(program)),
      '--no-index',
      '--no-deps',
      '--no-compile',
      WHEEL,
    ],
  ],
  remove: ({ program }) => [[program, 'uninstall', '--yes', PACKAGE]],
  variables: () => ({
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_CACHE_DIR: '1',
    // Uninstalling needs it; an older pip does not know it and ignores it.
    PIP_BREAK_SYSTEM_PACKAGES: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  }),
};

const attack: Attack = {
  id: 'install-pip',
  title: 'Install a Python package with pip',
  family: 'software',
  technique: 'T1525',
  harmless: false,
  why: 'A package that lies among those of the application is imported by it, and brings programs besides.',
  stoppedBy: ['read-only-root-filesystem'],
  looksAt: looksAt(INSTALLER),
  plan: (target) => planInstallation(target, INSTALLER),
};

export default attack;
