/** A Debian repository of one small package, so that installing can be tried without any network. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { OWN_MOUNT } from './target.ts';

export const PACKAGE = 'petrify-proof';
/** The one file that the package brings. */
export const INSTALLED_FILE = '/usr/share/petrify-proof/installed';
/** Below the runner's own mount. */
export const SOURCES_LIST = 'repository/sources.list';

const DIRECTORY = dirname(SOURCES_LIST);
const PACKAGE_FILE = `${PACKAGE}.deb`;
const CONTROL = `Package: ${PACKAGE}
Version: 1
Architecture: all
Maintainer: Petrify <petrify@localhost>
Description: shows that a package can be installed
`;

/** Writes the repository into `directory`, which the container sees as the runner's own mount. */
export async function writeRepository(directory: string): Promise<void> {
  const own = join(directory, DIRECTORY);
  await mkdir(own, { mode: 0o755 });
  const deb = await debianPackage();
  const sha256 = createHash('sha256').update(deb).digest('hex');
  const packages = `${CONTROL}Filename: ./${PACKAGE_FILE}\nSize: ${deb.length}\nSHA256: ${sha256}\n`;
  await writeFile(join(own, PACKAGE_FILE), deb);
  await writeFile(join(own, 'Packages'), packages);
  await writeFile(join(directory, SOURCES_LIST), `deb [trusted=yes] file:${OWN_MOUNT}/${DIRECTORY} ./\n`);
  // apt reads as a user of its own, whatever this process' umask is.
  await chmod(own, 0o755);
  for (const name of [PACKAGE_FILE, 'Packages', 'sources.list']) await chmod(join(own, name), 0o444);
}

async function debianPackage(): Promise<Buffer> {
  const parents = INSTALLED_FILE.split('/').slice(1, -1);
  const directories = parents.map((_, index) => `./${parents.slice(0, index + 1).join('/')}/`);
  const control = await archive([], './control', CONTROL);
  const data = await archive(directories, `.${INSTALLED_FILE}`, 'installed\n');
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.gz', control),
    member('data.tar.gz', data),
  ]);
}

async function archive(directories: readonly string[], name: string, content: string): Promise<Buffer> {
  const entries = directories.map((each) => ({
    header: { name: each, size: 0, mode: 0o755, type: 'directory' as const },
  }));
  const file = { header: { name, size: content.length, mode: 0o644, type: 'file' as const }, body: content };
  return gzipSync(await packTar([...entries, file]));
}

/** A member of an `ar` archive: a header of fixed columns, and content of an even length. */
function member(name: string, content: Buffer): Buffer {
  const [owner, group, mode] = ['0', '0', '100644'];
  const columns = `${name.padEnd(16)}${'0'.padEnd(12)}${owner.padEnd(6)}${group.padEnd(6)}${mode.padEnd(8)}`;
  const header = `${columns}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.alloc(content.length % 2, '\n')]);
}
