/** Install a package with apk, from a file that needs no network. */
import type { Attack } from '../attack.ts';
import { type Installer, looksAt, planInstallation } from '../installing.ts';
import { APK } from '../repositories/alpine.ts';
import { PACKAGE } from '../repositories/packaged.ts';

/** Nothing but the package itself: what the image knows would fail for want of a network, and prove nothing. */
const OPTIONS = ['--no-network', '--no-cache', '--repositories-file', '/dev/null'];

const INSTALLER: Installer = {
  name: 'apk',
  programs: ['/sbin/apk', '/usr/sbin/apk', '/usr/bin/apk'],
  installed: [`/usr/bin/${PACKAGE}`],
  leaves: ['lock', 'scripts.tar', 'triggers'].map((name) => `/lib/apk/db/${name}`),
  install: ({ program }) => [[program, 'add', ...OPTIONS, '--allow-untrusted', APK]],
  remove: ({ program }) => [[program, 'del', ...OPTIONS, PACKAGE]],
};

const attack: Attack = {
  id: 'install-apk',
  title: 'Install a package with apk',
  family: 'software',
  technique: 'T1525',
  harmless: false,
  why: 'A package manager brings compilers, shells and scanners into a container that was shipped without them.',
  stoppedBy: ['read-only-root-filesystem'],
  looksAt: looksAt(INSTALLER),
  plan: (target) => planInstallation(target, INSTALLER),
};

export default attack;
