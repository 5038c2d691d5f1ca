/** Install a package with dnf and with rpm, on which dnf, yum and microdnf rest, from a file that needs no network. */
import { BRINGS_ANYTHING, type Installer, installAttack } from '../installing.ts';
import { PACKAGE } from '../repositories/packaged.ts';
import { RPM } from '../repositories/rpm.ts';

const INSTALLED = { installed: [`/usr/bin/${PACKAGE}`], leaves: [] };

const DNF: Installer = {
  ...INSTALLED,
  name: 'dnf',
  // By this name it is the dnf of which the options are known, whatever `dnf` is.
  programs: ['/usr/bin/dnf-3'],
  install: ({ program, scratch }) => [[program, 'install', ...options(scratch), RPM]],
  remove: ({ program, scratch }) => [[program, 'remove', ...options(scratch), PACKAGE]],
  variables: () => ({ PYTHONDONTWRITEBYTECODE: '1' }),
};

/** Without any repository; what dnf notes for itself goes with the scratch. */
function options(scratch: string): readonly string[] {
  const notes = ['cachedir', 'logdir', 'persistdir'].map((setting) => `--setopt=${setting}=${scratch}`);
  return ['--assumeyes', '--nogpgcheck', '--disablerepo=*', ...notes];
}

const RPM_ITSELF: Installer = {
  ...INSTALLED,
  name: 'rpm',
  programs: ['/usr/bin/rpm', '/bin/rpm'],
  install: ({ program }) => [[program, '--install', '--nosignature', RPM]],
  remove: ({ program }) => [[program, '--erase', PACKAGE]],
};

const attack = installAttack(
  {
    id: 'install-rpm',
    title: 'Install a package with dnf or rpm',
    why: BRINGS_ANYTHING,
  },
  DNF,
  RPM_ITSELF,
);

export default attack;
