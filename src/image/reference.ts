/** An image's name as the parts that its registry is asked with. */
import { Failure } from '../failure.ts';
import { completeImageName } from '../workload/image-name.ts';

export interface Reference {
  /** Host and port, as written: `docker.io`, `localhost:5000`. */
  readonly host: string;
  readonly repository: string;
  /** A digest where there is one, else the tag. */
  readonly reference: string;
}

/** Names that may be put into a URL as they are. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const REPOSITORY = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
export const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Throws Failure('image-missing') for what no registry can be asked for. */
export function parseReference(name: string): Reference {
  const complete = completeImageName(name);
  const slash = complete.indexOf('/');
  const host = complete.slice(0, slash);
  const [path = '', digest] = complete.slice(slash + 1).split('@');
  const colon = path.lastIndexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  const tag = colon < 0 ? 'latest' : path.slice(colon + 1);
  const valid = HOST.test(host) && REPOSITORY.test(repository) && TAG.test(tag);
  if (!valid || (digest !== undefined && !DIGEST.test(digest))) {
    throw new Failure('image-missing', `${name} is no name of an image`, { hint: 'write registry/repository:tag' });
  }
  return { host, repository, reference: digest ?? tag };
}
