/** The versions of Kubernetes that manifests are judged for. */
import type { Target } from './control.ts';

/** The oldest minor version whose rules are known: the first with Pod Security Admission. */
export const OLDEST_MINOR = 22;
/** The newest minor version whose fields and rules are known. */
export const LATEST_MINOR = 37;

/** What is judged for where nobody says a version. */
export const LATEST: Target = { minor: LATEST_MINOR, stated: false };

/** `1.36`, `v1.36`, `1.36.2` → its minor version; undefined for anything else, and for versions that are not known. */
export function minorOf(version: string): number | undefined {
  const [, minor] = /^v?1\.(\d{1,3})(?:\.\d{1,4})?(?:[-+].{0,64})?$/.exec(version) ?? [];
  const number = Number(minor);
  return number >= OLDEST_MINOR && number <= LATEST_MINOR ? number : undefined;
}
