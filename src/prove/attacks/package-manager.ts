/** Update the package lists and install a package, from a repository that needs no network. */
import type { Attack, Hands, Observed } from '../attack.ts';
import { call, output } from '../probe/program.ts';
import { AT_FDCWD, STATX_BYTES, STATX_WANTED } from '../probe/syscalls.ts';
import { refusalIn } from '../refusal.ts';
import { INSTALLED_FILE, PACKAGE, SOURCES_LIST } from '../repository.ts';
import { OWN_MOUNT } from '../target.ts';

const APT_GET = '/usr/bin/apt-get';
/** A local repository of one package: seconds even on a slow machine. */
const TIMEOUT_MS = 60_000;

/** Only our own repository: what the image knows would fail for want of a network, and prove nothing. */
const OPTIONS = ['-o', `Dir::Etc::sourcelist=${OWN_MOUNT}/${SOURCES_LIST}`, '-o', 'Dir::Etc::sourceparts=/dev/null'];

async function updateAndInstall(hands: Hands): Promise<Observed> {
  for (const action of [['update'], ['install', '-y', PACKAGE]]) {
    const command = [APT_GET, ...OPTIONS, ...action];
    const { exitCode, stdout, stderr } = await hands.exec(command, { timeoutMs: TIMEOUT_MS });
    if (exitCode === 0) continue;
    const lines = `${stderr}\n${stdout}`.split('\n').filter((line) => line !== '');
    const line = lines.find((each) => refusalIn(each) !== null) ?? lines[0] ?? '';
    const errno = refusalIn(line);
    const detail = `apt-get ${action[0]} ended with exit code ${exitCode}: ${line.trim()}`;
    return { result: errno === null ? 'undecided' : 'refused', errno, detail };
  }
  const seen = call('statx', AT_FDCWD, INSTALLED_FILE, 0, STATX_WANTED, output(STATX_BYTES));
  const report = await hands.probe([seen]);
  if (report.errno(seen) === null) return { result: 'won', errno: null, detail: `apt-get installed ${INSTALLED_FILE}` };
  return {
    result: 'undecided',
    errno: report.errno(seen),
    detail: 'apt-get said that it installed a package, but its file is not there',
  };
}

const attack: Attack = {
  id: 'package-manager',
  title: 'Install a package',
  family: 'software',
  technique: 'T1525',
  harmless: false,
  why: 'A package manager brings compilers, shells and scanners into a container that was shipped without them.',
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    if (target.paths.get(APT_GET)?.kind !== 'file') {
      return {
        tries: [],
        skipped: [{ place: '', reason: 'the image has no apt-get; other package managers are not tried' }],
      };
    }
    return { tries: [{ place: 'apt-get', gain: 'succeeded', makes: [], act: updateAndInstall }], skipped: [] };
  },
};

export default attack;
