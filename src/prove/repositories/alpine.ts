/** An Alpine package, gzipped tars of what it is and what it brings, one behind the other: for apk. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { directory, type Files, file, PACKAGE, PROGRAM, SUMMARY, seenAt, tarOf, VERSION } from './packaged.ts';

const PATH = `alpine/${PACKAGE}-${VERSION}-r0.apk`;

export const APK = seenAt(PATH);

export async function alpinePackage(): Promise<Files> {
  const program = file(`usr/bin/${PACKAGE}`, PROGRAM, 0o755);
  // Newer apk insists on the digest of each file.
  const pax = { 'APK-TOOLS.checksum.SHA1': createHash('sha1').update(PROGRAM).digest('hex') };
  const checked = { ...program, header: { ...program.header, pax } };
  const data = gzipSync(await tarOf(directory('usr/'), directory('usr/bin/'), checked));
  const lines = [
    `pkgname = ${PACKAGE}`,
    `pkgver = ${VERSION}-r0`,
    `pkgdesc = ${SUMMARY}`,
    'url = ',
    'arch = noarch',
    'license = Apache-2.0',
    `size = ${PROGRAM.length}`,
    `datahash = ${createHash('sha256').update(data).digest('hex')}`,
  ];
  const control = withoutEnd(await tarOf(file('.PKGINFO', `${lines.join('\n')}\n`)));
  return new Map([[PATH, Buffer.concat([gzipSync(control), data])]]);
}

/** The first of two tars that are read as one has no blocks of zeros at its end. */
function withoutEnd(tar: Buffer): Buffer {
  let end = tar.length;
  while (end >= BLOCK && tar.subarray(end - BLOCK, end).every((byte) => byte === 0)) end -= BLOCK;
  return tar.subarray(0, end);
}

const BLOCK = 512;
