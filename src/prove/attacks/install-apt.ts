/** Update the package lists and install a package with apt, from a repository that needs no network. */
import { BRINGS_ANYTHING, type Installer, installAttack } from '../installing.ts';
import { INSTALLED_PROGRAM, LIST, SOURCES_LIST } from '../repositories/debian.ts';
import { PACKAGE } from '../repositories/packaged.ts';

const LISTS = '/var/lib/apt/lists';

const SETTINGS = [
  // Only our own repository: what the image knows would fail for want of a network, and prove nothing.
  `Dir::Etc::sourcelist=${SOURCES_LIST}`,
  'Dir::Etc::sourceparts=/dev/null',
  // The lists that the image has stay, and neither a cache nor a log is written: they could not be put back.
  'APT::Get::List-Cleanup=false',
  ...['Dir::Cache::pkgcache=', 'Dir::Cache::srcpkgcache=', 'Dir::Log::Terminal=', 'Dir::Log::History='],
  'DPkg::Options::=--log=/dev/null',
];

const INSTALLER: Installer = {
  name: 'apt-get',
  programs: ['/usr/bin/apt-get'],
  installed: [INSTALLED_PROGRAM],
  leaves: [`${LISTS}/${LIST}`, ...['lock', 'partial', 'auxfiles'].map((name) => `${LISTS}/${name}`)],
  install: ({ program }) => [apt(program, 'update'), apt(program, 'install', '-y', PACKAGE)],
  remove: ({ program }) => [apt(program, 'purge', '-y', PACKAGE)],
  variables: () => ({ DEBIAN_FRONTEND: 'noninteractive' }),
};

function apt(program: string, ...action: readonly string[]): readonly string[] {
  return [program, ...action, ...SETTINGS.flatMap((setting) => ['-o', setting])];
}

const attack = installAttack(
  {
    id: 'install-apt',
    title: 'Install a package with apt',
    why: BRINGS_ANYTHING,
  },
  INSTALLER,
);

export default attack;
