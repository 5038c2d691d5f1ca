/** Have pip install a package into a volume: for that no root file system is needed. */
import type { Attack } from '../attack.ts';
import { newName } from '../dropping.ts';
import { type Installer, looksAt, planInstallation } from '../installing.ts';
import { PIP, pipInstall } from '../pip.ts';
import { PACKAGE } from '../repositories/packaged.ts';
import { WHEEL } from '../repositories/wheel.ts';
import { scratchDirectory } from '../scratch.ts';

function intoDirectory(directory: string): Installer {
  return {
    ...PIP,
    gain: 'residual',
    installed: [`${directory}/bin/${PACKAGE}`],
    leaves: [],
    install: ({ program }) => [pipInstall(program, ['--target', directory], WHEEL)],
    remove: () => [['rm', '-rf', directory]],
  };
}

const attack: Attack = {
  id: 'install-into-volume',
  title: 'Install a package into a volume',
  family: 'software',
  technique: 'T1525',
  harmless: false,
  why: 'pip installs into any directory, and its interpreter imports from there: a read-only root does not keep new software out. An image without pip does.',
  stoppedBy: [],
  opens: {
    kind: 'technique',
    what: 'package manager',
    why: 'pip of the image installs packages into any writable place, and the interpreter imports them from there',
  },
  looksAt: looksAt(PIP),
  plan(target) {
    const volume = scratchDirectory(target);
    if (volume === undefined) return { tries: [], skipped: [{ place: '', reason: 'no writable place for a package' }] };
    return planInstallation(target, intoDirectory(newName(target, volume, '-into')));
  },
};

export default attack;
