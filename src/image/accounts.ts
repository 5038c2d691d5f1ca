/** The accounts that an image knows, read from its own files. */
import { type Account, readAccounts } from '../engine/accounts.ts';
import type { ImageTree } from './layout.ts';

export type { Account };

/** /etc/passwd and /etc/group of the largest images are below 10 kB each. */
const MAX_BYTES = 1024 * 1024;

/** The image's users in the order of its passwd; an image without one has none. */
export async function accountsOf(tree: Pick<ImageTree, 'read'>): Promise<readonly Account[]> {
  const text = async (path: string) => (await tree.read(path, MAX_BYTES))?.toString('utf8') ?? '';
  return readAccounts(await text('/etc/passwd'), await text('/etc/group'));
}
