/** Where no volume goes as long as nothing is known of the image: every image ships something below these. */

/** Over one of them no volume, below them very well (`/usr/share/app/data`). Programs and libraries the plan spares by itself. */
const PARENTS: ReadonlySet<string> = new Set([
  '/',
  '/etc',
  '/home',
  '/mnt',
  '/opt',
  '/usr',
  '/usr/local',
  '/usr/local/share',
  '/usr/share',
  '/var',
  '/var/lib',
]);

/** @param path a canonical absolute directory */
export function isNeverMounted(path: string): boolean {
  return PARENTS.has(path);
}
