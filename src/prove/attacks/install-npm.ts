/** Install a package with npm, from a file that needs no network. */
import { posix } from 'node:path';
import type { Attack } from '../attack.ts';
import { type Installer, looksAt, planInstallation } from '../installing.ts';
import { NPM_PACKAGE } from '../repositories/npm.ts';
import { PACKAGE } from '../repositories/packaged.ts';

const PREFIXES = ['/usr/local', '/usr'];

const INSTALLER: Installer = {
  name: 'npm',
  programs: PREFIXES.map((prefix) => `${prefix}/bin/npm`),
  installed: PREFIXES.map((prefix) => `${prefix}/bin/${PACKAGE}`),
  leaves: PREFIXES.map((prefix) => `${prefix}/lib/node_modules`),
  install: ({ program }) => [[program, 'install', ...options(program), NPM_PACKAGE]],
  remove: ({ program }) => [[program, 'uninstall', ...options(program), PACKAGE]],
};

/** For all users, and without asking any registry. */
function options(program: string): readonly string[] {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--logs-max=0'];
  return ['--global', '--prefix', posix.dirname(posix.dirname(program)), '--offline', ...quiet];
}

const attack: Attack = {
  id: 'install-npm',
  title: 'Install a Node.js package with npm',
  family: 'software',
  technique: 'T1525',
  harmless: false,
  why: 'A global package brings programs that every user of the container finds, and code that others load.',
  stoppedBy: ['read-only-root-filesystem'],
  looksAt: looksAt(INSTALLER),
  plan: (target) => planInstallation(target, INSTALLER),
};

export default attack;
