/** As whom a container could run, tightest first; the search keeps the first that works. */
import type { ContainerObservation } from '../observe/observe.ts';
import type { Identity } from '../plan/plan.ts';
import type { Container } from '../workload/workload.ts';

/** The user of distroless images and of many guides: owns nothing, in no image's passwd. */
export const NOBODY_IN_PARTICULAR = 65532;
/** Users of the image that its processes became, or whose directories they write: the first ones are who it is meant for. */
const MAX_SERVICE_USERS = 2;

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** One rung of the ladder. `grows`: capabilities whose absence was seen to fail are added to it. */
export interface Candidate {
  readonly identity: Identity;
  readonly grows: boolean;
}

/** What decides about the candidates: what was seen of the container as it is. */
export type SeenUsers = Pick<ContainerObservation, 'user' | 'accounts' | 'privileged' | 'layout'> & {
  /** Canonical directories that it writes. */
  readonly written: readonly string[];
};

/**
 * A user whom the manifest names is kept: its author chose it. Otherwise the image's own user, then the service users of the
 * image that its processes became or that own what they write, then 65532, all without any capability; then whoever it runs
 * as today, without capabilities (growing by what it is seen to need), with the runtime's default ones, and at last with
 * what no trial could take away.
 * @param keepUsers the platform assigns users: none is written
 */
export function candidates(container: Container, seen: SeenUsers, keepUsers: boolean): readonly Candidate[] {
  const isRoot = seen.user.uid === 0;
  const today: readonly Candidate[] = [
    // For anybody but root the image's own user says the same.
    ...(isRoot || keepUsers ? [{ identity: { user: undefined, capabilities: [] }, grows: isRoot }] : []),
    { identity: { user: undefined, capabilities: 'default' }, grows: false },
    { identity: { user: undefined, capabilities: 'default', open: 'privilege-escalation' }, grows: false },
    {
      identity: { user: undefined, capabilities: 'default', open: 'privilege-escalation-and-system-calls' },
      grows: false,
    },
  ];
  if (keepUsers) return today;
  const users = usersFor(container, seen).map(
    (user): Candidate => ({ identity: { user, capabilities: [] }, grows: false }),
  );
  return [...users, ...today];
}

function usersFor(container: Container, seen: SeenUsers): readonly UserIds[] {
  const { runAsUser, runAsGroup } = container.settings;
  const uid = runAsUser.value;
  if (uid !== undefined && uid !== 0) return [{ uid, gid: runAsGroup.value ?? groupOf(uid, seen) }];
  const image = seen.user.from === 'image' && seen.user.uid !== 0 ? [seen.user.uid] : [];
  const uids = new Set([...image, ...serviceUsers(seen), NOBODY_IN_PARTICULAR]);
  return [...uids].map((one) => ({ uid: one, gid: one === seen.user.uid ? seen.user.gid : groupOf(one, seen) }));
}

/** Whom its processes became, latest first (an entrypoint may pass through several), then whose directories they write. */
function serviceUsers({ privileged, accounts, written, layout }: SeenUsers): readonly number[] {
  const became = privileged
    .flatMap(({ uid, errno }) => (uid !== undefined && errno === undefined ? [uid] : []))
    .reverse();
  const owners = written.flatMap((path) => layout.directory(path)?.owner.uid ?? []);
  const known = new Set(accounts.map(({ uid }) => uid));
  const users = new Set([...became, ...owners].filter((uid) => uid !== 0 && known.has(uid)));
  return [...users].slice(0, MAX_SERVICE_USERS);
}

/** The primary group that the image gives a user; of its own number where the image does not know it. */
function groupOf(uid: number, { accounts }: SeenUsers): number {
  const gid = accounts.find((account) => account.uid === uid)?.gid;
  // The group root owns too much of every image.
  return gid === undefined || gid === 0 ? uid : gid;
}

/** An identity in words, for progress and reports. */
export function describeIdentity({ user, capabilities, open }: Identity): string {
  const who = user ? `user ${user.uid}` : 'its own user';
  const may =
    capabilities === 'default'
      ? 'the default capabilities'
      : capabilities.length === 0
        ? 'no capability'
        : capabilities.join(', ');
  const more =
    open === undefined
      ? ''
      : open === 'privilege-escalation'
        ? ', privilege escalation'
        : ', privilege escalation, any system call';
  return `${who}, ${may}${more}`;
}
