/** pip as an installer that needs no network and leaves nothing of its own. */
import type { Installer } from './installing.ts';

export const PIP = {
  name: 'pip',
  programs: ['/usr/local/bin', '/usr/bin'].flatMap((directory) => [`${directory}/pip3`, `${directory}/pip`]),
  variables: () => ({
    // What the image sets for its own use must not decide.
    ...{ PIP_CONFIG_FILE: '/dev/null', PIP_USER: '0', PIP_REQUIRE_VIRTUALENV: '0' },
    // Debian's does not uninstall without it; an older one does not know it and ignores it.
    PIP_BREAK_SYSTEM_PACKAGES: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  }),
} satisfies Partial<Installer>;

const QUIET = ['--no-cache-dir', '--disable-pip-version-check'];

export function pipInstall(
  program: string,
  where: readonly [option: string, path: string],
  wheel: string,
): readonly string[] {
  return [program, 'install', ...QUIET, '--no-index', '--no-deps', '--no-compile', ...where, wheel];
}

export function pipUninstall(program: string, name: string): readonly string[] {
  return [program, 'uninstall', ...QUIET, '--yes', name];
}
