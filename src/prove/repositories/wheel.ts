/** A Python wheel, a zip of one small package: for pip. */
import { createHash } from 'node:crypto';
import { zipSync } from 'fflate';
import { type Files, PACKAGE, PROGRAM, SUMMARY, seenAt, VERSION } from './packaged.ts';

/** In the name of a wheel and of its folders a hyphen separates the parts. */
const NAME = `${PACKAGE.replaceAll('-', '_')}-${VERSION}`;
const PATH = `python/${NAME}-py2.py3-none-any.whl`;

export const WHEEL = seenAt(PATH);

const METADATA = `Metadata-Version: 2.1\nName: ${PACKAGE}\nVersion: ${VERSION}\nSummary: ${SUMMARY}\n`;
const KIND = 'Wheel-Version: 1.0\nGenerator: petrify\nRoot-Is-Purelib: true\nTag: py2-none-any\nTag: py3-none-any\n';

export function pythonWheel(): Files {
  const contents: Readonly<Record<string, Buffer>> = {
    [`${NAME}.data/scripts/${PACKAGE}`]: PROGRAM,
    [`${NAME}.dist-info/METADATA`]: Buffer.from(METADATA),
    [`${NAME}.dist-info/WHEEL`]: Buffer.from(KIND),
  };
  const lines = Object.entries(contents).map(([path, content]) => {
    const digest = createHash('sha256').update(content).digest('base64url');
    return `${path},sha256=${digest},${content.length}\n`;
  });
  const record = `${NAME}.dist-info/RECORD`;
  return new Map([
    [PATH, Buffer.from(zipSync({ ...contents, [record]: Buffer.from(`${lines.join('')}${record},,\n`) }))],
  ]);
}
