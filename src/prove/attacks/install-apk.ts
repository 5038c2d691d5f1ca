/** Install a package with apk, from a file that needs no network. */
import { BRINGS_ANYTHING, type Installer, installAttack } from '../installing.ts';
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

const attack = installAttack(
  {
    id: 'install-apk',
    title: 'Install a package with apk',
    why: BRINGS_ANYTHING,
  },
  INSTALLER,
);

export default attack;
