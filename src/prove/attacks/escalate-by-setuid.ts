/** Become root by a setuid-root program, of which most images ship some. */
import type { Attack } from '../attack.ts';
import { runToBecomeRoot } from '../escalation.ts';
import { OWN_MOUNT } from '../target.ts';

/** Of Debian, Alpine and Red Hat. */
const PROGRAMS = [
  ...['/bin/su', '/usr/bin/su', '/usr/bin/sudo', '/bin/mount', '/usr/bin/mount', '/bin/umount', '/usr/bin/umount'],
  ...['/usr/bin/passwd', '/usr/bin/gpasswd', '/usr/bin/chsh', '/usr/bin/chfn', '/usr/bin/newgrp', '/usr/bin/pkexec'],
  ...['/usr/bin/chage', '/usr/sbin/unix_chkpwd', '/bin/bbsuid', '/usr/bin/fusermount3', '/usr/bin/expiry'],
];
/** Below the runner's own mount: owned by root (of the pod's own user namespace, where it has one), setuid, executable. */
export const setuidProgram = (userNamespace: boolean) => (userNamespace ? 'setuid-in-namespace' : 'setuid');
const SETUID_BIT = 0o4000;

const attack: Attack = {
  id: 'escalate-by-setuid',
  title: 'Become root through a setuid-root program',
  family: 'code',
  technique: 'T1611',
  why: 'A setuid-root program of the image makes root of any user where it can be tricked, and root writes and executes in /dev.',
  stoppedBy: ['allow-privilege-escalation'],
  harmless: false,
  looksAt: PROGRAMS,
  plan(target) {
    const isSetuidRoot = (path: string) => {
      const facts = target.paths.get(path);
      return facts?.kind === 'file' && facts.uid === 0 && (facts.mode & SETUID_BIT) !== 0;
    };
    const found = PROGRAMS.find(isSetuidRoot);
    if (found === undefined) {
      return { tries: [], skipped: [{ place: '', reason: 'no setuid-root program was found in the image' }] };
    }
    if (target.uid === 0 && !target.twin) {
      return { tries: [], skipped: [{ place: found, reason: 'it runs as root already' }] };
    }
    // What the image's own program does with its rights is its business: one that only tells of them stands in for it.
    const program = `${OWN_MOUNT}/${setuidProgram(target.userNamespace)}`;
    const { calls, decisive, execution } = runToBecomeRoot(target, program, target.twin ? 'nobody' : 'self');
    return {
      tries: [
        {
          place: found,
          gain: 'succeeded',
          program: calls,
          decisive,
          execution,
          won: `a setuid-root program, which stands for ${found}, became root`,
        },
      ],
      skipped: [],
    };
  },
};

export default attack;
