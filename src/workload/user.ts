/** Which uid a container really gets: the manifest decides, else the kubelet's check, else the image. */
import type { ImageFacts } from './image-facts.ts';
import type { EffectiveSettings } from './workload.ts';

export interface User {
  /** undefined: not known. */
  readonly uid: number | undefined;
  /** False only where uid 0 is ruled out. Unknown counts as root. */
  readonly mayBeRoot: boolean;
  /** What decided; `kubelet`: runAsNonRoot, which makes the kubelet refuse to start the container as uid 0. */
  readonly from: 'manifest' | 'kubelet' | 'image' | 'image-user-name' | 'image-not-read';
}

/** The user of a container, with or without what is known of its image. */
export function userOf(settings: EffectiveSettings, image: ImageFacts | undefined): User {
  const uid = settings.runAsUser.value;
  const refused = settings.runAsNonRoot.value === true;
  if (uid !== undefined) return { uid, mayBeRoot: uid === 0 && !refused, from: 'manifest' };
  const written = image === undefined ? undefined : imageUid(image);
  if (refused) return { uid: written === 0 ? undefined : written, mayBeRoot: false, from: 'kubelet' };
  if (image === undefined) return { uid: undefined, mayBeRoot: true, from: 'image-not-read' };
  if (written === undefined) return { uid: undefined, mayBeRoot: true, from: 'image-user-name' };
  return { uid: written, mayBeRoot: written === 0, from: 'image' };
}

/** The uid that an image's USER says; undefined for a name whose number nobody looked up in the image's passwd file. */
function imageUid({ user, uid }: ImageFacts): number | undefined {
  const name = user.split(':', 1)[0] ?? '';
  if (name === '' || name === 'root') return 0;
  return /^\d{1,10}$/.test(name) ? Number(name) : uid;
}
