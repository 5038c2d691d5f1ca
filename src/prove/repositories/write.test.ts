/** The packages are what their formats say; that package managers install them is tested with real ones. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';
import { unpackTar } from 'modern-tar';
import { PROGRAM } from './packaged.ts';
import { writeRepositories } from './write.ts';

const digest = (algorithm: string, bytes: Uint8Array, form: 'hex' | 'base64url' = 'hex') =>
  createHash(algorithm).update(bytes).digest(form);
const tarred = async (tar: Uint8Array) =>
  new Map((await unpackTar(tar)).map(({ header, data }) => [header.name, { header, data: Buffer.from(data ?? []) }]));

describe('the packages', () => {
  const directory = mkdtempSync(join(tmpdir(), 'petrify-test-repositories-'));
  const own = join(directory, 'repositories');
  before(async () => {
    const umask = process.umask(0o077);
    await writeRepositories(directory).finally(() => process.umask(umask));
  });
  after(() => rmSync(directory, { recursive: true }));
  const contentOf = (pattern: string) => readFileSync(join(own, globSync(pattern, { cwd: own })[0]!));

  test('can be read by everybody, whatever the umask is, and written by nobody', () => {
    const paths = ['.', ...globSync('**/*', { cwd: own })];
    assert.ok(paths.length > 12, paths.join());
    for (const path of paths) {
      const stats = statSync(join(own, path));
      assert.equal(stats.mode & 0o777, stats.isDirectory() ? 0o755 : 0o444, path);
    }
  });

  test('the wheel records the digest and the size of each of its files', () => {
    const files = new Map(Object.entries(unzipSync(contentOf('python/*.whl'))));
    const recordName = [...files.keys()].find((name) => name.endsWith('/RECORD'))!;
    const lines = Buffer.from(files.get(recordName)!).toString().trim().split('\n');
    assert.equal(lines.length, files.size);
    for (const line of lines) {
      const [name, sha256, size] = line.split(',') as [string, string, string];
      const content = files.get(name)!;
      if (name === recordName) assert.equal(`${sha256}${size}`, '');
      else assert.deepEqual([sha256, size], [`sha256=${digest('sha256', content, 'base64url')}`, `${content.length}`]);
    }
  });

  test('the gem has the digests of its parts', async () => {
    const parts = await tarred(contentOf('ruby/*.gem'));
    const sums = gunzipSync(parts.get('checksums.yaml.gz')!.data).toString();
    for (const name of ['metadata.gz', 'data.tar.gz']) {
      assert.ok(sums.includes(`  ${name}: ${digest('sha256', parts.get(name)!.data)}\n`), sums);
    }
  });

  test('the package of npm names its program', async () => {
    const files = await tarred(gunzipSync(contentOf('npm/*.tgz')));
    const { bin } = JSON.parse(files.get('package/package.json')!.data.toString());
    for (const path of Object.values(bin)) assert.equal(files.get(`package/${path}`)!.header.mode, 0o755);
  });

  test('the package of apk is one tar of two, with the digest of its program', async () => {
    const files = await tarred(gunzipSync(contentOf('alpine/*.apk')));
    const program = files.get('usr/bin/petrify-proof')!;
    assert.ok(files.get('.PKGINFO')!.data.toString().startsWith('pkgname = petrify-proof\npkgver = 1-r0\n'));
    assert.deepEqual(program.data, PROGRAM);
    assert.equal(program.header.pax?.['APK-TOOLS.checksum.SHA1'], digest('sha1', PROGRAM));
  });

  test('the package of rpm has the digests of its header and of everything', () => {
    const rpm = contentOf('rpm/*.rpm');
    const signatures = rpm.subarray(96);
    const [, digests] = headerAt(signatures, 0);
    const start = Math.ceil(headerAt(signatures, 0)[0] / 8) * 8;
    const [length, tags] = headerAt(signatures, start);
    const main = signatures.subarray(start, start + length);
    const payload = signatures.subarray(start + length);
    const text = (value: Buffer) => value.toString('latin1').split('\0')[0];
    assert.equal(text(digests.get(269)!), digest('sha1', main));
    assert.equal(text(digests.get(273)!), digest('sha256', main));
    assert.equal(digests.get(1000)!.readUInt32BE(0), main.length + payload.length);
    assert.equal(digests.get(1004)!.toString('hex', 0, 16), digest('md5', Buffer.concat([main, payload])));
    assert.equal(text(tags.get(5092)!), digest('sha256', payload));
    const archive = gunzipSync(payload);
    assert.equal(digests.get(1007)!.readUInt32BE(0), archive.length);
    assert.ok(archive.includes('./usr/bin/petrify-proof\0') && archive.includes(PROGRAM));
  });

  test('dpkg reads the package of apt', (t) => {
    const [file] = globSync('debian/*.deb', { cwd: own });
    try {
      const listed = execFileSync('dpkg-deb', ['--contents', join(own, file!)], { encoding: 'utf8' });
      assert.match(listed, /^-rwxr-xr-x .* \.\/usr\/bin\/petrify-proof$/m);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      t.skip('there is no dpkg-deb');
    }
  });
});

/** Its length, and where each tag's value begins in it. */
function headerAt(bytes: Buffer, at: number): readonly [length: number, values: ReadonlyMap<number, Buffer>] {
  assert.equal(bytes.toString('hex', at, at + 4), '8eade801');
  const [count, size] = [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)];
  const store = at + 16 + count * 16;
  const entries = Array.from({ length: count }, (_, index) => at + 16 + index * 16);
  const values = entries.map(
    (each) => [bytes.readUInt32BE(each), bytes.subarray(store + bytes.readUInt32BE(each + 8))] as const,
  );
  return [store + size - at, new Map(values)];
}
