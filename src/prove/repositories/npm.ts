/** An npm package, a gzipped tar with everything in one folder: for npm. */
import { gzipSync } from 'node:zlib';
import { type Files, file, PACKAGE, PROGRAM, SUMMARY, seenAt, tarOf, VERSION } from './packaged.ts';

const PATH = `npm/${PACKAGE}.tgz`;

export const NPM_PACKAGE = seenAt(PATH);

export async function npmPackage(): Promise<Files> {
  const manifest = { name: PACKAGE, version: `${VERSION}.0.0`, description: SUMMARY, bin: { [PACKAGE]: 'program' } };
  const tar = await tarOf(
    file('package/package.json', JSON.stringify(manifest)),
    file('package/program', PROGRAM, 0o755),
  );
  return new Map([[PATH, gzipSync(tar)]]);
}
