/** From the kernel's mount tables to the places that a container can write to, and from there to its own paths. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { containerMounts, locate, parseMountinfo, rebase, toContainerPath, widestMount } from './mountinfo.ts';

const read = (name: string) => parseMountinfo(readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8'));
const host = read('mountinfo-host.txt');
const mounts = containerMounts(read('mountinfo-container.txt'), host);

test('the upper directory, its layers and every writable bind are found; read-only binds and tmpfs are not', () => {
  assert.equal(mounts.upper, '/var/lib/containers/storage/overlay/d65a/diff');
  assert.deepEqual(mounts.lowers, [
    '/var/lib/containers/storage/overlay/l/AAA',
    '/var/lib/containers/storage/overlay/l/BBB',
  ]);
  assert.deepEqual(mounts.roots, [
    { device: '254:0', path: '/var/lib/containers/storage/overlay/d65a/diff', containerPath: '/', layer: true },
    { device: '254:0', path: '/var/tmp/petrify-1/volumes/run', containerPath: '/run', layer: false },
    { device: '8:16', path: '/@data/claim', containerPath: '/var/lib/app/my data', layer: false },
  ]);
});

test('a storage driver without an upper directory has no layer', () => {
  const plain = parseMountinfo('79 52 254:0 /containers/x / rw,relatime - ext4 /dev/vda rw\n');
  assert.deepEqual(containerMounts(plain, host), { upper: undefined, lowers: [], roots: [], ownersShift: 0n });
});

test('layers named one by one, and colons inside a name, are read', () => {
  const line = '79 52 0:40 / / rw - overlay overlay rw,lowerdir+=/a/one,lowerdir+=/a/two\\134:x,upperdir=/a/up\n';
  assert.deepEqual(containerMounts(parseMountinfo(line), host).lowers, ['/a/one', '/a/two:x']);
});

test('layers of a user namespace are where they were before Podman mapped them, with shifted owners', () => {
  const line =
    '79 52 0:40 / / rw - overlay overlay rw,lowerdir=/s/d65a/mapped/0/l/AAA:/s/d65a/mapped/0/l/BBB,upperdir=/s/d65a/diff\n';
  const seen = containerMounts(parseMountinfo(line), host, 1_000_000);
  assert.deepEqual([seen.lowers, seen.ownersShift], [['/s/l/AAA', '/s/l/BBB'], 1_000_000n]);
  const device = `${line}80 79 0:6 /null /dev/null rw - devtmpfs devtmpfs rw\n`;
  const withDevices = parseMountinfo('20 1 0:6 / /dev rw - devtmpfs devtmpfs rw\n');
  assert.deepEqual(containerMounts(parseMountinfo(device), withDevices).roots, []);
  // Layers that were copied for it have its owners already.
  assert.equal(containerMounts(parseMountinfo(line.replaceAll('mapped/0/', '')), host, 1_000_000).ownersShift, 0n);
});

test('a container path is that of the most specific mount', () => {
  const at = (path: string, device = '254:0') => toContainerPath({ device, path }, mounts.roots)?.path;
  assert.equal(at('/var/lib/containers/storage/overlay/d65a/diff/etc/motd'), '/etc/motd');
  assert.equal(at('/var/lib/containers/storage/overlay/d65a/diff'), '/');
  assert.equal(at('/var/lib/containers/storage/overlay/d65a/difference/x'), undefined);
  assert.equal(at('/var/tmp/petrify-1/volumes/run/nginx.pid'), '/run/nginx.pid');
  assert.equal(at('/@data/claim/db', '8:16'), '/var/lib/app/my data/db');
  assert.equal(at('/@data/claim/db', '254:0'), undefined);
  assert.equal(at('/home/somebody'), undefined);
});

test('handles are decoded through the mount that shows the whole filesystem, not a bind of a part', () => {
  assert.equal(widestMount('254:0', host)?.mountPoint, '/');
  assert.equal(widestMount('8:16', host)?.mountPoint, '/mnt/with space');
  assert.equal(widestMount('9:9', host), undefined);
});

test('a path stands in the filesystem of its longest mount point', () => {
  assert.deepEqual(locate('/var/lib/containers/storage/overlay/x', host), {
    device: '254:0',
    path: '/var/lib/containers/storage/overlay/x',
  });
  assert.deepEqual(locate('/mnt/with space/a', host), { device: '8:16', path: '/@data/a' });
});

test('rebasing there and back is nothing', () => {
  const directory = fc.array(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 4 }).map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(directory, directory, directory, (from, to, rest) => {
      const path = rebase(rest, '/', from);
      assert.equal(rebase(rebase(path, from, to), to, from), path);
    }),
  );
});
