/** What a pod that serves tells of itself through its own shell, or does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../failure.ts';
import type { ActedTry, Hands } from './attack.ts';
import { workloadOf } from './fixtures/target.ts';
import { leftNames, toldBy } from './live-stage.ts';

const container = workloadOf({
  containers: [{ name: 'a', image: 'a', volumeMounts: [{ name: 'run', mountPath: '/var/run' }] }],
  volumes: [{ name: 'run', emptyDir: {} }],
}).containers[0]!;

const TOLD = `Name:\tsh
Uid:\t101\t101\t101\t101
Gid:\t102\t102\t102\t102
CapEff:\t00000000a80425fb
620 500 0:95 / / ro,relatime - overlay overlay ro,lowerdir=x
621 620 0:97 / /proc rw,nosuid - proc proc rw
630 620 254:0 /a /run rw,relatime - ext4 /dev/vda rw
631 620 254:0 /b /data rw,relatime - ext4 /dev/vda rw
632 620 254:0 /c /etc/hosts rw,relatime - ext4 /dev/vda rw
petrify-directory / /
petrify-directory /tmp /tmp
petrify-directory /var/run /run
`;

test('who it is, what is mounted, and which directories are where', () => {
  const { identity, mounts, directories, image } = toldBy(TOLD, container);
  assert.deepEqual(identity, { uid: 101, gid: 102, capabilities: 0xa80425fbn });
  assert.equal(mounts.length, 5);
  assert.equal(directories.get('/var/run'), '/run');
  const config = image('containerd://sha256:0');
  assert.equal(config?.user, '101:102');
  assert.deepEqual(config?.volumes, ['/data'], 'what nobody declares and no runtime mounts is a VOLUME');
});

test('one that tells nothing has a root, and nobody in it', () => {
  const { identity, mounts, directories, image } = toldBy('', container);
  assert.equal(identity, undefined);
  assert.deepEqual(
    mounts.map(({ path }) => path),
    ['/'],
  );
  assert.equal(directories.size, 0);
  assert.equal(image('sha256:0'), undefined);
});

test('what is left is looked for with the container’s own shell, and that nobody could look is said', async () => {
  const tried: ActedTry = { place: 'x', gain: 'residual', makes: ['/tmp/a', '/tmp/b'], act: async () => assert.fail() };
  const hands = (exec: Hands['exec']) => ({ exec }) as Hands;
  const answer = (exitCode: number, text: string) =>
    hands(async () => ({ exitCode, stdout: Buffer.from(text), stderr: Buffer.alloc(0) }) as never);
  assert.deepEqual(await leftNames(answer(0, '/tmp/b\n'), [tried]), [
    '/tmp/b was made by an attack and is still there.',
  ]);
  assert.deepEqual(await leftNames(answer(0, ''), [tried]), []);
  assert.deepEqual(await leftNames(answer(127, ''), [tried]), [], 'without a shell nothing was written');
  const refuse = hands(async () => {
    throw new Failure('cluster-refused', 'No.');
  });
  assert.deepEqual(await leftNames(refuse, [tried]), ['Whether /tmp/a, /tmp/b are gone could not be looked at: No.']);
  assert.deepEqual(await leftNames(refuse, []), [], 'nothing was tried that was not refused');
});
