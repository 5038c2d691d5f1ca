/** Finds a browser for the tests of the page that `check` writes, or installs the distribution's Chromium. */
import { existsSync } from 'node:fs';
import { isDebianLike, isRoot } from './engine.ts';
import { confirm, run, say } from './terminal.ts';

/** Where distributions put it; `test/page.long.ts` looks in the same places. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const INSTALL = 'apt-get update && apt-get install --yes --no-install-recommends chromium';

/** Without a browser its tests are skipped, and say so. */
export async function ensureBrowser(): Promise<void> {
  if (PLACES.some((place) => existsSync(place))) return;
  say('Set-up: no Chromium here for the tests of the HTML report. It can be installed with');
  say(`  ${INSTALL}`);
  if (!isRoot() || !isDebianLike() || !(await confirm('Install it now?'))) return;
  run('sh', ['-c', INSTALL], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
}
