/** Who is tried, and in which order: a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import type { Container } from '../workload/workload.ts';
import { candidates, describeIdentity, type SeenUsers } from './candidates.ts';

const ACCOUNTS: SeenUsers['accounts'] = [
  { name: 'root', uid: 0, gid: 0 },
  { name: 'www-data', uid: 33, gid: 33 },
  { name: 'app', uid: 101, gid: 102 },
  { name: 'in-roots-group', uid: 70, gid: 0 },
].map((account) => ({ ...account, home: '/', shell: '/bin/sh', groups: [] }));

/** A process of user `callerUid` that became `uid`, or was refused to. */
const became = (uid: number, errno?: 'EPERM') =>
  ({ call: 'setresuid', capability: 'SETUID', callerUid: 0, uid, errno }) as SeenUsers['privileged'][number];

const OWNERS: Readonly<Record<string, number>> = { '/var/www': 33, '/srv/app': 101, '/srv/stranger': 4711, '/run': 0 };
const layout = {
  links: {},
  directories: {},
  resolve: (path: string) => path,
  directory: (path: string) =>
    OWNERS[path] === undefined
      ? undefined
      : shippedDirectory(0, { owner: { uid: OWNERS[path], gid: OWNERS[path], mode: 0o755 } }),
};

interface Case {
  readonly user?: SeenUsers['user'];
  readonly privileged?: SeenUsers['privileged'];
  readonly written?: readonly string[];
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly keepUsers?: boolean;
}

function tried({ runAsUser, runAsGroup, keepUsers = false, ...seen }: Case): string[] {
  const settings = { runAsUser: { value: runAsUser }, runAsGroup: { value: runAsGroup } };
  const user = seen.user ?? {
    uid: runAsUser ?? 0,
    gid: runAsGroup ?? 0,
    from: runAsUser === undefined ? 'image' : 'manifest',
  };
  const facts = { privileged: [], written: [], ...seen, user, accounts: ACCOUNTS, layout };
  return candidates({ settings } as unknown as Container, facts, keepUsers).map(({ identity, grows }) => {
    const who = identity.user ? `${identity.user.uid}:${identity.user.gid}` : 'today';
    const may = identity.capabilities === 'default' ? 'default' : `${identity.capabilities.length}${grows ? '+' : ''}`;
    return [who, may, ...(identity.open ? [identity.open] : [])].join(' ');
  });
}

const asRoot = [
  'today 0+',
  'today default',
  'today default privilege-escalation',
  'today default privilege-escalation-and-system-calls',
];
const asOther = asRoot.slice(1);

const table: readonly (readonly [string, Case, readonly string[]])[] = [
  ['an image that runs as root', {}, ['65532:65532 0', ...asRoot]],
  [
    'an image with a user of its own',
    { user: { uid: 101, gid: 102, from: 'image' } },
    ['101:102 0', '65532:65532 0', ...asOther],
  ],
  [
    'an image that is 65532 already',
    { user: { uid: 65532, gid: 65532, from: 'image' } },
    ['65532:65532 0', ...asOther],
  ],
  ['a user in the manifest is kept', { runAsUser: 1000 }, ['1000:1000 0', ...asOther]],
  ['its group too', { runAsUser: 1000, runAsGroup: 50 }, ['1000:50 0', ...asOther]],
  ['root in the manifest is not', { runAsUser: 0 }, ['65532:65532 0', ...asRoot]],
  ['whom its processes became, before 65532', { privileged: [became(33)] }, ['33:33 0', '65532:65532 0', ...asRoot]],
  [
    'the last one first: an entrypoint passes through several',
    { privileged: [became(33), became(101)] },
    ['101:102 0', '33:33 0', '65532:65532 0', ...asRoot],
  ],
  ['a change that was refused says nothing', { privileged: [became(33, 'EPERM')] }, ['65532:65532 0', ...asRoot]],
  [
    'nor does one back to root, or to a number that the image does not know',
    { privileged: [became(0), became(4711)] },
    ['65532:65532 0', ...asRoot],
  ],
  ['who owns what it writes', { written: ['/run', '/var/www', '/nowhere'] }, ['33:33 0', '65532:65532 0', ...asRoot]],
  ['an owner whom the image does not know is nobody', { written: ['/srv/stranger'] }, ['65532:65532 0', ...asRoot]],
  [
    'two at most, whom its processes became first, each once',
    { privileged: [became(33), became(33)], written: ['/var/www', '/srv/app'] },
    ['33:33 0', '101:102 0', '65532:65532 0', ...asRoot],
  ],
  [
    'a user of root’s group gets a group of its own',
    { privileged: [became(70)] },
    ['70:70 0', '65532:65532 0', ...asRoot],
  ],
  ['no user is written where the platform assigns them: root', { keepUsers: true, privileged: [became(33)] }, asRoot],
  [
    'no user is written where the platform assigns them: another',
    { keepUsers: true, user: { uid: 101, gid: 102, from: 'image' } },
    ['today 0', ...asOther],
  ],
  ['nor over that of the manifest', { keepUsers: true, runAsUser: 1000 }, ['today 0', ...asOther]],
];

for (const [name, given, expected] of table) test(name, () => assert.deepEqual(tried(given), expected));

test('an identity in words', () => {
  const words = [
    describeIdentity({ user: { uid: 33, gid: 33 }, capabilities: [] }),
    describeIdentity({ user: undefined, capabilities: ['CHOWN', 'KILL'] }),
    describeIdentity({ user: undefined, capabilities: 'default' }),
    describeIdentity({ user: undefined, capabilities: 'default', open: 'privilege-escalation' }),
    describeIdentity({ user: undefined, capabilities: 'default', open: 'privilege-escalation-and-system-calls' }),
  ];
  assert.deepEqual(words, [
    'user 33, no capability',
    'its own user, CHOWN, KILL',
    'its own user, the default capabilities',
    'its own user, the default capabilities, privilege escalation',
    'its own user, the default capabilities, privilege escalation, any system call',
  ]);
});
