/** Change a kernel setting that the container shares with its host. */
import type { ActedTry, Attack, Hands, Observed } from '../attack.ts';
import { describeCall } from '../evaluate.ts';
import { SETTING_PATH, withHostSetting } from '../host.ts';
import { bothWays } from '../kernel-files.ts';
import { isRefusal } from '../probe/errno.ts';
import { call, output, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_RDONLY, O_WRONLY } from '../probe/syscalls.ts';

const SYSCTLS = '/proc/sys';
/** As sysctl writes it: `vm.swappiness`. */
const SETTING = SETTING_PATH.slice(SYSCTLS.length + 1).replaceAll('/', '.');

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
  touchesHost: true,
  why: 'Most settings below /proc/sys belong to the whole machine: a container that may write them changes every neighbour.',
  stoppedBy: ['privileged', 'unmasked-proc-mount', 'added-capabilities', 'run-as-non-root'],
  plan(target) {
    const { tries, skipped } = bothWays(target, SETTING, SETTING_PATH);
    if (target.hostAttacks !== true) {
      return { tries, skipped: [{ place: `${SETTING},write`, reason: target.hostAttacks }, ...skipped] };
    }
    const really: ActedTry = { place: SETTING, gain: 'succeeded', makes: [], act: write };
    return { tries: target.twin ? tries : [really, ...tries.slice(1)], skipped };
  },
};

export default attack;
