/** Which documents hold nothing to judge, as their text alone shows: most of a repository is passed over so, unparsed. */
import type { Glance } from '../manifest/glance.ts';
import { canBeSkipped, isBuiltIn } from './pod-spec.ts';

/** The end of `containers`, `initContainers` and `ephemeralContainers`, without one of which nothing is a pod spec. */
const LISTS = 'ontainers';
/** Without it no image is run outside of a pod spec either. */
const IMAGE = 'image';
/** A tag can make another word of a key (`!!binary`), a backslash in double quotes can too. */
const TAG = /(?:^|[^\w!])!/;

/**
 * Whether a document makes no pods and runs no image, beyond doubt: its kind is one of Kubernetes' own that make none, or
 * none of the words stands in it that a pod spec needs. Objects that a control looks at are for the caller to except.
 */
export function isOfNoUse({ apiVersion, kind, text, range }: Glance): boolean {
  if (canBeSkipped(apiVersion, kind)) return true;
  // What should make pods and cannot be read is bad input, whatever words are missing in it.
  if (kind === '' || kind.endsWith('List') || isBuiltIn(apiVersion, kind)) return false;
  const own = text.slice(range.start, range.end);
  return !own.includes(LISTS) && !own.includes(IMAGE) && !own.includes('\\') && !TAG.test(own);
}
