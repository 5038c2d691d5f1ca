/** The accounts in an image's passwd, with the groups that its group file adds to them, as containerd reads both. */

/** A full distribution has some fifty. */
const MAX_ACCOUNTS = 1_000;
/** Far more than any user has; a runtime hands every one of them to the kernel. */
const MAX_GROUPS = 1_000;
/** uid_t and gid_t without -1. */
const MAX_ID = 2 ** 32 - 2;

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
  /** Ids of the groups that list it as a member, ascending. */
  readonly groups: readonly number[];
}

/** A uid or gid in decimal; undefined: it is none. */
export function idIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined;
}

/** In the order of passwd; what is no account there is left out. Never throws. */
export function readAccounts(passwd: string, group: string): readonly Account[] {
  const memberships = membersOf(group);
  const accounts: Account[] = [];
  for (const line of passwd.split('\n')) {
    const [name = '', , uidText, gidText, , home = '', shell = ''] = line.trim().split(':');
    const uid = idIn(uidText);
    const gid = idIn(gidText);
    if (name === '' || uid === undefined || gid === undefined || accounts.length >= MAX_ACCOUNTS) continue;
    const groups = [...(memberships.get(name) ?? [])].sort((a, b) => a - b);
    accounts.push({ name, uid, gid, home: home === '' ? '/' : home, shell, groups });
  }
  return accounts;
}

/** User → ids of the groups that list it. containerd passes over a group of the user's own name. */
function membersOf(group: string): ReadonlyMap<string, ReadonlySet<number>> {
  const memberships = new Map<string, Set<number>>();
  for (const line of group.split('\n')) {
    const [name = '', , gidText, members = ''] = line.trim().split(':');
    const gid = idIn(gidText);
    if (gid === undefined) continue;
    for (const member of members.split(',')) {
      if (member === '' || member === name) continue;
      const known = memberships.get(member) ?? new Set();
      if (known.size < MAX_GROUPS) memberships.set(member, known.add(gid));
    }
  }
  return memberships;
}
