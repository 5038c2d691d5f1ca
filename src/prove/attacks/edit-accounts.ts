/** Open the files of accounts and groups for appending. */
import type { Attack } from '../attack.ts';
import { fileOnRoot, openForAppending, planOf } from '../image-files.ts';

const ACCOUNTS = ['/etc/passwd', '/etc/shadow', '/etc/group'];

const attack: Attack = {
  id: 'edit-accounts',
  title: 'Add an account, or make a user a member of a group',
  family: 'files',
  technique: 'T1136.001',
  harmless: false,
  why: 'A line more is another root with a known password, to whom su and every service that asks for one listens.',
  looksAt: ACCOUNTS,
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    const files = ACCOUNTS.flatMap((path) => fileOnRoot(target, path) ?? []);
    return planOf(
      files.map(({ path }) => openForAppending(path)),
      'the image has no accounts',
    );
  },
};

export default attack;
