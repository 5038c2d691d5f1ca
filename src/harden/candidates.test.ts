/** Who is tried, and in which order: a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../workload/workload.ts';
import { candidates, describeIdentity, type ImageUser } from './candidates.ts';

function tried(image: ImageUser, runAsUser?: number, runAsGroup?: number): string[] {
  const settings = { runAsUser: { value: runAsUser }, runAsGroup: { value: runAsGroup } };
  return candidates({ settings } as unknown as Container, image).map((identity) => {
    const gid = identity.user ? `, group ${identity.user.gid}` : '';
    return `${describeIdentity(identity)}${gid}`;
  });
}

const asToday = ['its own user, no capability', 'its own user, the default capabilities'];

const table: readonly (readonly [string, string[], string[]])[] = [
  ['an image that runs as root', tried({ uid: 0, gid: 0 }), ['user 65532, no capability, group 65532', ...asToday]],
  [
    'an image with a user of its own',
    tried({ uid: 101, gid: 102 }),
    ['user 101, no capability, group 102', 'user 65532, no capability, group 65532', ...asToday],
  ],
  [
    'an image that is 65532 already',
    tried({ uid: 65532, gid: 65532 }),
    ['user 65532, no capability, group 65532', ...asToday],
  ],
  ['a user in the manifest is kept', tried(undefined, 1000), ['user 1000, no capability, group 1000', ...asToday]],
  ['its group too', tried(undefined, 1000, 50), ['user 1000, no capability, group 50', ...asToday]],
  ['root in the manifest is not', tried(undefined, 0), ['user 65532, no capability, group 65532', ...asToday]],
];

for (const [name, actual, expected] of table) test(name, () => assert.deepEqual(actual, expected));
