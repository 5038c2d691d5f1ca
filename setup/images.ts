/** Makes the images of the examples and tests: the base is pulled, or built from Debian's packages where it cannot be. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packTar } from 'modern-tar';
import { type Address, addressOf } from '../src/engine/address.ts';
import type { Engine } from '../src/engine/engine.ts';
import { stream } from '../src/engine/http.ts';
import { isDebianLike, isRoot } from './engine.ts';
import { confirm, read, run, say } from './terminal.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const BASE = { name: 'debian:bookworm-slim', complete: 'docker.io/library/debian:bookworm-slim' };
/** A build step (unpacking packages) may be silent for minutes on a slow disk. */
const BUILD_SILENCE_MS = 10 * 60_000;
/** What the slim image leaves out as well. */
const LEFT_OUT = [
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/man/*',
  './usr/share/locale/*',
  './dev/*',
];

/** An image that this checkout builds: its name, and the folder of its Dockerfile in the checkout. */
export interface OwnImage {
  readonly name: string;
  readonly tag: string;
  readonly folder: string;
}

/** What every command with containers needs. */
const IMAGES: readonly OwnImage[] = [{ name: 'localhost/petrify/nginx', tag: '1', folder: 'examples/nginx' }];

/** Builds what is missing or whose folder has changed; does nothing the second time. */
export async function ensureImages(engine: Engine): Promise<void> {
  for (const image of IMAGES) await ensureImage(engine, image);
}

/** The same for one image. Manifests and TypeScript beside a Dockerfile are no part of its image. */
export async function ensureImage(engine: Engine, { name, tag, folder }: OwnImage): Promise<void> {
  const files = filesOf(join(root, folder));
  const marked = `${name}:context-${digest(files)}`;
  const [known, named] = [await engine.image(marked), await engine.image(`${name}:${tag}`)];
  if (known && known.id === named?.id) return;
  const address = addressOf(engine.info.address, process.env);
  await ensureBase(engine, address);
  say(`Set-up: building the image ${name}:${tag} from ${folder}/Dockerfile (once).`);
  await build(address, files, [`${name}:${tag}`, marked]);
}

async function ensureBase(engine: Engine, address: Address): Promise<void> {
  if (await engine.image(BASE.name)) return;
  say(`Set-up: pulling ${BASE.name} (once).`);
  const pulled = await engine.pull(BASE.name);
  if (pulled.ok) return;
  if (!isRoot() || !isDebianLike()) {
    throw new Error(
      `${BASE.name} cannot be pulled (${pulled.reason}), and only root on Debian or Ubuntu can make it from packages.`,
    );
  }
  say(`Set-up: it cannot be pulled (${pulled.reason}); making it from Debian's packages instead.`);
  await installDebootstrap();
  await importBase(engine, address);
}

async function installDebootstrap(): Promise<void> {
  if (read('sh', ['-c', 'command -v debootstrap || true']).trim() !== '') return;
  const install = 'apt-get update && apt-get install --yes --no-install-recommends debootstrap';
  say(`  ${install}`);
  if (!(await confirm('Install it now?'))) throw new Error(`Without ${BASE.name} no image can be built.`);
  run('sh', ['-c', install], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
}

/** The machine's own mirror of Debian's packages; debootstrap's default where it has none (Ubuntu). */
function mirror(): string[] {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = read('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  const main = targets.split('\n').find((line) => line.endsWith(' bookworm main'));
  return main ? [main.split(' ')[0]!] : [];
}

async function importBase(engine: Engine, address: Address): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'petrify-base-'));
  try {
    run('debootstrap', ['--variant=minbase', 'bookworm', `${work}/root`, ...mirror()]);
    // As in the slim image: installing a package in a build starts no service.
    writeFileSync(`${work}/root/usr/sbin/policy-rc.d`, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    run('tar', [
      '-C',
      `${work}/root`,
      '--numeric-owner',
      ...LEFT_OUT.map((glob) => `--exclude=${glob}`),
      '-cf',
      `${work}/base.tar`,
      '.',
    ]);
    // The tag belongs to the name here: Podman's Docker dialect ignores the parameter of its own that Docker has for it.
    const path = `/images/create?${new URLSearchParams({ fromSrc: '-', repo: BASE.complete })}`;
    await post(address, path, readFileSync(`${work}/base.tar`));
    if (!(await engine.image(BASE.name)))
      throw new Error(`The engine imported a base image, but does not know it as ${BASE.name}.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface ContextFile {
  readonly name: string;
  readonly body: Buffer;
  readonly executable: boolean;
}

function filesOf(folder: string): readonly ContextFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile() && !/\.(yaml|ts)$/.test(name))
    .sort()
    .map((name) => ({ name, body: readFileSync(join(folder, name)), executable: isExecutable(join(folder, name)) }));
}

function isExecutable(path: string): boolean {
  return (statSync(path).mode & 0o100) !== 0;
}

function digest(files: readonly ContextFile[]): string {
  const hash = createHash('sha256');
  for (const { name, body, executable } of files) {
    hash.update(`${name} ${executable ? 'executable ' : ''}${body.length}\n`).update(body);
  }
  return hash.digest('hex').slice(0, 12);
}

async function build(address: Address, files: readonly ContextFile[], tags: readonly string[]): Promise<void> {
  const tar = await packTar(
    files.map(({ name, body, executable }) => ({
      header: { name, size: body.length, mode: executable ? 0o755 : 0o644 },
      body,
    })),
  );
  const query = new URLSearchParams({ networkmode: 'host', rm: 'true' });
  for (const tag of tags) query.append('t', tag);
  const proxy = aptProxy();
  if (proxy) query.set('buildargs', JSON.stringify({ http_proxy: proxy }));
  await post(address, `/build?${query}`, Buffer.from(tar));
}

/** The proxy that the machine's own apt uses, if any: a build step fetches the same packages. */
function aptProxy(): string | undefined {
  if (!isDebianLike()) return undefined;
  const dumped = read('apt-config', ['dump', '--format', '%v%n', 'Acquire::http::Proxy']).trim();
  return dumped === '' ? undefined : dumped;
}

/** Sends a tar; both engines answer lines of JSON, in which an `error` may stand although the status was 200. */
async function post(address: Address, path: string, body: Buffer): Promise<void> {
  const response = await stream(address, { method: 'POST', path, body, timeoutMs: BUILD_SILENCE_MS });
  let text = '';
  for await (const chunk of response) text += String(chunk);
  const failed = text.split('\n').find((line) => line.includes('"error"'));
  if ((response.statusCode ?? 0) < 400 && failed === undefined) return;
  say(text.replaceAll(/\{"stream":"(.*?)(\\n)?"\}/g, '$1'));
  throw new Error(
    `The engine at ${address.text} could not make an image: ${failed ?? `status ${response.statusCode}`}`,
  );
}
