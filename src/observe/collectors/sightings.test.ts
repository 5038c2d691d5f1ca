/** Event bits and the files that are there now, turned into evidence; on real directories that play the overlay's layers. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { FAN } from './fanotify-events.ts';
import { addSightings, evidenceOf, measure, type SeenPath } from './sightings.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-sightings-'));
after(() => rmSync(folder, { recursive: true }));
const upper = join(folder, 'upper');
const lower = join(folder, 'lower');
for (const layer of [upper, lower]) mkdirSync(join(layer, 'etc'), { recursive: true });
const mounts = { upper, lowers: [lower], roots: [], ownersShift: 0n };
const clock = { atMs: () => 5, phase: () => 'start-up' as const };

function evidence(path: string, masks: readonly number[], layer = true, ownersShift = 0n) {
  const seen: SeenPath = {
    layer,
    hostPath: join(upper, path),
    directory: false,
    bytes: undefined,
    sightings: new Map(),
  };
  for (const mask of masks) addSightings(seen, { mask, pid: process.pid, directory: undefined, name: 'x' }, clock);
  return evidenceOf(path, seen, { ...mounts, ownersShift });
}

/** A file in the image and its copy in the container, as a copy-up leaves it: with the same times. */
function copiedUp(path: string): string {
  writeFileSync(join(lower, path), 'shipped');
  copyFileSync(join(lower, path), join(upper, path));
  const { atime, mtime } = statSync(join(lower, path));
  utimesSync(join(lower, path), atime, mtime);
  utimesSync(join(upper, path), atime, mtime);
  return join(upper, path);
}

test('a transient file is a creation and a deletion by the process that is still there', () => {
  const found = evidence('/tmp-file', [FAN.CREATE | FAN.MODIFY, FAN.ATTRIB, FAN.DELETE]);
  assert.deepEqual(
    found.map(({ what, type }) => [what, type]),
    [
      ['create', 'file'],
      ['delete', 'file'],
    ],
  );
  assert.match(found[0]!.detail, new RegExp(`^CREATE by .+ \\(pid ${process.pid}\\)$`));
  assert.equal(found[0]!.atMs, 5);
});

test('a new directory is mkdir', () => {
  assert.deepEqual(
    evidence('/made', [FAN.CREATE | FAN.ONDIR]).map(({ what, type }) => [what, type]),
    [['mkdir', 'directory']],
  );
});

test('a directory that was only copied up is no evidence, one with another mode is', () => {
  assert.deepEqual(evidence('/etc', [FAN.MOVED_TO | FAN.ONDIR, FAN.ATTRIB | FAN.ONDIR]), []);
  chmodSync(join(upper, 'etc'), 0o700);
  const found = evidence('/etc', [FAN.MOVED_TO | FAN.ONDIR, FAN.ATTRIB | FAN.ONDIR]);
  assert.deepEqual(
    found.map(({ what }) => what),
    ['attributes'],
  );
  chmodSync(join(upper, 'etc'), 0o755);
});

test('in a user namespace the copy of a directory has its owners', { skip: process.getuid?.() !== 0 }, () => {
  const masks = [FAN.MOVED_TO | FAN.ONDIR];
  const shift = 1_000_000;
  assert.equal(evidence('/etc', masks, true, BigInt(shift))[0]?.what, 'attributes');
  chownSync(join(upper, 'etc'), shift, shift);
  assert.deepEqual(evidence('/etc', masks, true, BigInt(shift)), []);
  chownSync(join(upper, 'etc'), 0, 0);
});

test('a copied-up file is modified, or its attributes are, or it is gone', () => {
  copiedUp('/etc/opened');
  assert.deepEqual(
    evidence('/etc/opened', [FAN.MOVED_TO]).map(({ what }) => what),
    ['modify'],
  );
  chmodSync(copiedUp('/etc/chmod'), 0o600);
  assert.deepEqual(
    evidence('/etc/chmod', [FAN.CREATE | FAN.MOVED_TO]).map(({ what }) => what),
    ['attributes'],
  );
  writeFileSync(copiedUp('/etc/written'), 'something else');
  const [written] = evidence('/etc/written', [FAN.MOVED_TO]);
  assert.deepEqual([written?.what, written?.bytes], ['modify', 14]);
  assert.match(written!.detail, /shipped by the image/);
  const sameSize = copiedUp('/etc/same-size');
  writeFileSync(sameSize, 'SHIPPED');
  utimesSync(sameSize, 1, 1);
  chmodSync(sameSize, 0o600);
  assert.deepEqual(
    evidence('/etc/same-size', [FAN.MOVED_TO]).map(({ what }) => what),
    ['modify'],
  );
  rmSync(copiedUp('/etc/gone'));
  assert.deepEqual(
    evidence('/etc/gone', [FAN.MOVED_TO]).map(({ what }) => what),
    ['delete'],
  );
});

test('a file of the same name on a volume is not compared with the image', () => {
  copiedUp('/etc/volume');
  assert.deepEqual(
    evidence('/etc/volume', [FAN.MODIFY], false).map(({ what }) => what),
    ['modify'],
  );
});

test('the largest size that was measured stays when the file has gone', () => {
  const hostPath = join(upper, 'grows');
  const seen: SeenPath = { layer: false, hostPath, directory: false, bytes: undefined, sightings: new Map() };
  addSightings(seen, { mask: FAN.CREATE, pid: 1, directory: undefined, name: 'grows' }, clock);
  writeFileSync(hostPath, 'x'.repeat(100));
  measure(seen);
  rmSync(hostPath);
  assert.equal(evidenceOf('/grows', seen, mounts)[0]?.bytes, 100);
});
