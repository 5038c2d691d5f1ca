/** Install a package with gem, from a file that needs no network. */
import { posix } from 'node:path';
import { type Installer, installAttack } from '../installing.ts';
import { GEM } from '../repositories/gem.ts';
import { PACKAGE } from '../repositories/packaged.ts';

const BIN = ['/usr/local/bin', '/usr/bin'];

const INSTALLER: Installer = {
  name: 'gem',
  programs: BIN.map((directory) => `${directory}/gem`),
  installed: BIN.map((directory) => `${directory}/${PACKAGE}`),
  leaves: ['build_info', 'cache', 'doc', 'extensions', 'gems', 'plugins', 'specifications'],
  home: ({ program }) => [program, 'environment', 'gemdir'],
  // It neither asks a server nor falls back to the user's home.
  install: ({ program }) => [
    [program, 'install', '--local', '--no-document', '--no-user-install', '--bindir', posix.dirname(program), GEM],
  ],
  remove: ({ program }) => [
    [program, 'uninstall', '--all', '--executables', '--bindir', posix.dirname(program), PACKAGE],
  ],
};

const attack = installAttack(
  {
    id: 'install-gem',
    title: 'Install a Ruby package with gem',
    why: 'A package that lies among those of the application is loaded by it, and brings programs besides.',
  },
  INSTALLER,
);

export default attack;
