/** Install a package with npm, from a file that needs no network. */
import { posix } from 'node:path';
import { type Installer, installAttack } from '../installing.ts';
import { NPM_PACKAGE } from '../repositories/npm.ts';
import { PACKAGE } from '../repositories/packaged.ts';

const PREFIXES = ['/usr/local', '/usr'];

const INSTALLER: Installer = {
  name: 'npm',
  programs: PREFIXES.map((prefix) => `${prefix}/bin/npm`),
  installed: PREFIXES.map((prefix) => `${prefix}/bin/${PACKAGE}`),
  leaves: PREFIXES.map((prefix) => `${prefix}/lib/node_modules`),
  // For all users, and without asking any registry.
  install: ({ program }) => [
    [program, 'install', '--global', '--prefix', prefixOf(program), '--offline', ...QUIET, NPM_PACKAGE],
  ],
  // npm keeps no list of what is installed globally but the files themselves, and takes a second to remove them.
  remove: ({ program }) => [
    ['rm', '-rf', ...[`bin/${PACKAGE}`, `lib/node_modules/${PACKAGE}`].map((path) => `${prefixOf(program)}/${path}`)],
  ],
};

const QUIET = ['--no-audit', '--no-fund', '--no-update-notifier', '--logs-max=0'];

function prefixOf(program: string): string {
  return posix.dirname(posix.dirname(program));
}

const attack = installAttack(
  {
    id: 'install-npm',
    title: 'Install a Node.js package with npm',
    why: 'A global package brings programs that every user of the container finds, and code that others load.',
  },
  INSTALLER,
);

export default attack;
