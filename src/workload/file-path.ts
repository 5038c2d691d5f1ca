/** Paths of files as the kernel reads them: `//var/./run/` and `/var/run` are one. */
import { posix } from 'node:path';

/** Nearly every path is clean already. */
const PLAIN = /^(?:\/[^./][^/]*)+$/;

/** An absolute path without repeated slashes, `.`, `..` or a slash at its end; a relative one starts at `from`. */
export function cleanPath(path: string, from = '/'): string {
  if (PLAIN.test(path)) return path;
  return posix.resolve('/', from, path);
}

/** Whether a clean path is the directory itself or lies below it. */
export function isWithin(path: string, directory: string): boolean {
  return directory === '/' || path === directory || path.startsWith(`${directory}/`);
}
