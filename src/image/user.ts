/** As whom an image runs: its USER as numbers, named users looked up in the image's own files. */
import { idIn } from '../engine/accounts.ts';
import type { ImageTree } from './layout.ts';

/** /etc/passwd of the largest images is below 10 kB. */
const MAX_BYTES = 1024 * 1024;

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** One line of passwd or group, as far as it is needed. */
interface Entry {
  readonly name: string;
  readonly id: number;
  /** The primary group, in passwd. */
  readonly gid: number;
}

function entriesOf(text: string): Entry[] {
  return text.split('\n').flatMap((line) => {
    const [name, , id, gid] = line.split(':');
    const number = idIn(id);
    return name === undefined || number === undefined ? [] : [{ name, id: number, gid: idIn(gid) ?? 0 }];
  });
}

/**
 * Resolves a USER as a runtime does: `''`, `101`, `nginx`, `101:101`, `nginx:nginx`.
 * The gid of a user without a group is the one in passwd, and 0 for an unknown uid. undefined: the name is unknown.
 */
export function resolveUser(user: string, passwd: string, group: string): UserIds | undefined {
  const [userPart = '', groupPart] = user.split(':');
  const users = entriesOf(passwd);
  const number = userPart === '' ? 0 : idIn(userPart);
  const known = users.find((entry) => (number === undefined ? entry.name === userPart : entry.id === number));
  const uid = number ?? known?.id;
  if (uid === undefined) return undefined;
  if (groupPart === undefined || groupPart === '') return { uid, gid: known?.gid ?? 0 };
  const gid = idIn(groupPart) ?? entriesOf(group).find((entry) => entry.name === groupPart)?.id;
  return gid === undefined ? undefined : { uid, gid };
}

/** The image's USER as numbers. undefined: it is a name that the image's files do not have. */
export async function userOf(tree: ImageTree, user: string): Promise<UserIds | undefined> {
  const text = async (path: string) => (await tree.read(path, MAX_BYTES))?.toString('utf8') ?? '';
  return resolveUser(user, await text('/etc/passwd'), await text('/etc/group'));
}
