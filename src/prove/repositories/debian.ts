/** A Debian repository of one small package: for apt. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { directory, type Files, file, PACKAGE, PROGRAM, SUMMARY, seenAt, tarOf, VERSION } from './packaged.ts';

const DIRECTORY = 'debian';
const PACKAGE_FILE = `${PACKAGE}.deb`;

export const SOURCES_LIST = seenAt(`${DIRECTORY}/sources.list`);
/** How apt names its copy of the list of packages: the path with underscores. */
export const LIST = `${seenAt(DIRECTORY).replaceAll('/', '_')}_._Packages`;
export const INSTALLED_PROGRAM = `/usr/bin/${PACKAGE}`;

const CONTROL = `Package: ${PACKAGE}
Version: ${VERSION}
Architecture: all
Maintainer: Petrify <petrify@localhost>
Description: ${SUMMARY}
`;

export async function debianRepository(): Promise<Files> {
  const deb = await debianPackage();
  const sha256 = createHash('sha256').update(deb).digest('hex');
  const packages = `${CONTROL}Filename: ./${PACKAGE_FILE}\nSize: ${deb.length}\nSHA256: ${sha256}\n`;
  return new Map([
    [`${DIRECTORY}/${PACKAGE_FILE}`, deb],
    [`${DIRECTORY}/Packages`, packages],
    [`${DIRECTORY}/sources.list`, `deb [trusted=yes] file:${seenAt(DIRECTORY)} ./\n`],
  ] as [string, string | Buffer][]);
}

async function debianPackage(): Promise<Buffer> {
  const control = await tarOf(file('./control', CONTROL));
  const data = await tarOf(directory('./usr/'), directory('./usr/bin/'), file(`.${INSTALLED_PROGRAM}`, PROGRAM, 0o755));
  return Buffer.concat([
    Buffer.from('!<arch>\n'),
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.gz', gzipSync(control)),
    member('data.tar.gz', gzipSync(data)),
  ]);
}

/** A member of an `ar` archive: a header of fixed columns, and content of an even length. */
function member(name: string, content: Buffer): Buffer {
  const [owner, group, mode] = ['0', '0', '100644'];
  const columns = `${name.padEnd(16)}${'0'.padEnd(12)}${owner.padEnd(6)}${group.padEnd(6)}${mode.padEnd(8)}`;
  const header = `${columns}${String(content.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), content, Buffer.alloc(content.length % 2, '\n')]);
}
