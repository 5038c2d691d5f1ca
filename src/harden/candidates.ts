/** As whom a container could run, tightest first; the loop keeps the first that works. */
import type { Identity } from '../plan/plan.ts';
import type { Container } from '../workload/workload.ts';

/** The user of distroless images and of many guides: owns nothing, in no image's passwd. */
export const NOBODY_IN_PARTICULAR = 65532;

/** The image's own user, names resolved by the image's passwd; undefined: not known, or root. */
export type ImageUser = { readonly uid: number; readonly gid: number } | undefined;

/**
 * A user whom the manifest names is kept: its author chose it. Otherwise the image's own user, then 65532, both without
 * any capability; then whoever it runs as today, first without capabilities, then with what it has.
 */
export function candidates(container: Container, image: ImageUser): readonly Identity[] {
  const { runAsUser, runAsGroup } = container.settings;
  const asToday: readonly Identity[] = [
    { user: undefined, capabilities: 'none' },
    { user: undefined, capabilities: 'default' },
  ];
  if (runAsUser.value !== undefined && runAsUser.value !== 0) {
    const uid = runAsUser.value;
    const gid = runAsGroup.value ?? (image?.uid === uid ? image.gid : uid);
    return [{ user: { uid, gid }, capabilities: 'none' }, ...asToday];
  }
  const users = image && image.uid !== 0 ? [image] : [];
  if (image?.uid !== NOBODY_IN_PARTICULAR) users.push({ uid: NOBODY_IN_PARTICULAR, gid: NOBODY_IN_PARTICULAR });
  return [...users.map((user): Identity => ({ user, capabilities: 'none' })), ...asToday];
}

/** An identity in words, for progress and reports. */
export function describeIdentity({ user, capabilities }: Identity): string {
  const who = user ? `user ${user.uid}` : 'its own user';
  return capabilities === 'none' ? `${who}, no capability` : `${who}, the default capabilities`;
}
