/** A container's user as arguments of a finding, and those arguments as words. */
import type { User } from '../workload/user.ts';
import type { Finding } from './control.ts';

/** `uid` is absent where it is not known. */
export function userArgs(user: User): Finding['args'] {
  return { ...(user.uid === undefined ? {} : { uid: user.uid }), userFrom: user.from, mayBeRoot: user.mayBeRoot };
}

/** `as uid 0`, `as uid 101 (the image's USER)`, `as uid ? (unknown: …)`, `as a non-root user`. */
export function asUser(args: Finding['args']): string {
  switch (args.userFrom) {
    case 'manifest':
      return `as uid ${args.uid}`;
    case 'image':
      return `as uid ${args.uid} (the image's USER)`;
    case 'kubelet':
      return args.uid === undefined ? 'as a non-root user' : `as uid ${args.uid} (the image's USER)`;
    default:
      return `as uid ? (${whyUnknown(args)})`;
  }
}

/** Why the uid is not known. */
export function whyUnknown(args: Finding['args']): string {
  return args.userFrom === 'image-user-name'
    ? "unknown: the image's USER is a name, and only its own passwd file has the number"
    : 'unknown: image config not read';
}
