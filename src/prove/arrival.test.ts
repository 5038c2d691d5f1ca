/** Whether a copied file has arrived: by what is seen in the container, not by what was answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrival } from './arrival.ts';
import type { ActedTry, Hands } from './attack.ts';
import copyIn from './attacks/copy-in.ts';
import { handsOn, type Kernel } from './fixtures/kernel.ts';
import { targetWith } from './fixtures/target.ts';
import type { PathFacts } from './target.ts';

const FILE: PathFacts = { kind: 'file', size: 10, mode: 0o644, uid: 0, gid: 0, mountId: 1 };
const PATH = '/etc/copied';
const there = (path: string): Kernel => ({ paths: new Map([[path, FILE]]) });
const refusing = (errno: bigint): Kernel => ({ returns: ({ name }) => (name === 'openat' ? -errno : undefined) });

async function told(kernel: Kernel, answer: string) {
  const { hands, probes } = handsOn(kernel);
  const { result, errno, detail } = await arrival(hands, PATH, answer);
  const names = probes.flat().map(({ name }) => name);
  assert.deepEqual(names, ['statx', 'unlinkat', 'openat', 'close', 'unlinkat'], 'it is taken away again');
  return [result, errno, detail];
}

test('what is seen has arrived, whatever was answered', async () => {
  assert.deepEqual(await told(there(PATH), 'Read-only file system'), [
    'won',
    null,
    `${PATH} appeared in the container`,
  ]);
});

test('what is not seen was refused with the reason of the answer, else with the kernel’s', async () => {
  assert.deepEqual(await told({}, 'copying: open: Read-only file system'), [
    'refused',
    'EROFS',
    `${PATH} did not appear: open: Read-only file system`,
  ]);
  assert.deepEqual(await told(refusing(13n), 'done'), [
    'refused',
    'EACCES',
    `${PATH} did not appear (the answer was: done); creating a file there is refused with EACCES`,
  ]);
});

test('what did not arrive where files can be made is undecided, as is what cannot be looked at', async () => {
  assert.deepEqual((await told({}, 'done')).slice(0, 2), ['undecided', null]);
  const hidden: Kernel = { returns: ({ name }) => (name === 'statx' || name === 'openat' ? -13n : undefined) };
  assert.deepEqual((await told(hidden, 'done')).slice(0, 2), ['undecided', 'EACCES']);
});

test('what the engine brought in as uid 0 is removed as uid 0, where the container is another user', async () => {
  const removedBy = async (uid: number, arrives: boolean) => {
    const target = targetWith({ uid });
    const { tries } = copyIn.plan(target);
    const tried = tries.find(({ place }) => place === 'engine-api') as ActedTry;
    const removed: string[] = [];
    const hands: Hands = {
      ...handsOn(arrives ? there(tried.makes[0]!) : {}).hands,
      copyIn: async () => {},
      removeCopied: async (path) => void removed.push(path),
    };
    await tried.act(hands);
    return [removed, tried.makes[0]];
  };
  const [removed, path] = await removedBy(65532, true);
  assert.deepEqual(removed, [path]);
  assert.deepEqual((await removedBy(0, true))[0], []);
  assert.deepEqual((await removedBy(65532, false))[0], []);
});
