/** Where no volume ever goes: it would hide what the system itself needs to run. */
import { isBelow } from '../profile/placement.ts';

/** Directories of the system: over one of them no volume, below them very well (`/usr/share/app/data`). */
const OVER: ReadonlySet<string> = new Set([
  '/',
  '/etc',
  '/usr',
  '/usr/local',
  '/usr/share',
  '/usr/local/share',
  '/opt',
  '/var',
]);
/** Programs, libraries and the kernel's own: neither over them nor below. */
const BELOW = /^\/(?:usr\/(?:local\/)?)?(?:s?bin|lib[^/]*)$|^\/(?:proc|sys|dev|boot)$/;

/** @param path a canonical absolute directory */
export function isNeverMounted(path: string): boolean {
  if (OVER.has(path)) return true;
  const parts = path.split('/');
  return [1, 2, 3].some((depth) => {
    const above = parts.slice(0, depth + 1).join('/');
    return BELOW.test(above) && isBelow(path, above);
  });
}
