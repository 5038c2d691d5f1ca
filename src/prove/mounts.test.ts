/** Lines of mountinfo as kernels really write them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMountInfo } from './mounts.ts';

const TEXT = `80 53 0:40 / / ro,relatime - overlay overlay rw,lowerdir=/a:/b,upperdir=/u
82 80 0:43 / /dev rw,nosuid shared:12 master:3 - tmpfs tmpfs rw,size=65536k
83 80 254:1 /v /with\\040space\\134 rw,relatime - ext4 /dev/vda rw
84 80 0:9 / /run/secrets rw,relatime - tmpfs tmpfs ro,size=4k
`;

test('a mount is writable when neither it nor its file system is read-only', () => {
  assert.deepEqual(
    parseMountInfo(TEXT).map(({ id, path, fileSystem, writable }) => [id, path, fileSystem, writable]),
    [
      [80, '/', 'overlay', false],
      [82, '/dev', 'tmpfs', true],
      [83, '/with space\\', 'ext4', true],
      [84, '/run/secrets', 'tmpfs', false],
    ],
  );
});

test('a line that is not understood is not passed over', () => {
  assert.throws(() => parseMountInfo(`${TEXT}nonsense\n`), /nonsense/);
});
