/** A registry of this test, as it should be, as it asks for a login, and as a hostile one answers. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Failure } from '../failure.ts';
import { digestOf, FILES, imageParts } from './image.fixture.ts';
import { filesOf } from './layers.fixture.ts';
import { openImage } from './open.ts';

const folder = mkdtempSync(join(tmpdir(), 'petrify-registry-'));
after(() => rmSync(folder, { recursive: true }));
const parts = await imageParts(process.arch === 'x64' ? 'amd64' : process.arch);
const layers = (JSON.parse(String(parts.manifest)) as { layers: { digest: string; size: number }[] }).layers;

type Handler = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | undefined;

interface Served {
  readonly host: string;
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[];
}

/** Serves the image as team/app:1; `before` may answer instead (true: it did). */
async function serve(before: Handler = () => undefined): Promise<Served> {
  const asked: Served['asked'] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost');
    asked.push({ path: url.pathname, authorization: request.headers.authorization });
    if (before(request, response, url)) return;
    const [, kind, name = ''] = /^\/v2\/team\/app\/(manifests|blobs)\/(.+)$/.exec(url.pathname) ?? [];
    const blob = kind === 'manifests' && name === '1' ? parts.index : parts.blobs.get(name);
    const body = blob ?? (digestOf(parts.index) === name ? parts.index : undefined);
    if (body === undefined) {
      response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no such\\nthing"}]}');
    } else response.writeHead(200).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const open = (host: string, env: NodeJS.ProcessEnv = {}, reference = ':1') =>
  openImage('registry', `${host}/team/app${reference}`, { env });

test('an image comes from its registry, for this platform, by tag and by digest', async () => {
  const { host } = await serve();
  const { image, tree } = await open(host);
  assert.deepEqual(await filesOf(tree), FILES);
  assert.equal(image.id, `${host}/team/app@${digestOf(parts.index)}`);
  assert.deepEqual([image.config.user, image.ports], ['web', [8080]]);
  assert.equal(String(await tree.read('/usr/bin/app', 2)), 'xx');
  assert.equal((await open(host, {}, `@${digestOf(parts.index)}`)).image.id, image.id);
});

/** A registry whose tokens are given to whoever is known. */
async function withTokens(known: (authorization: string | undefined, body: string) => boolean): Promise<Served> {
  const served: Served = await serve((request, response, url) => {
    if (url.pathname === '/token') {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        const scope = url.searchParams.get('scope') ?? new URLSearchParams(body).get('scope');
        const good = scope === 'repository:team/app:pull' && known(request.headers.authorization, body);
        response.writeHead(good ? 200 : 401).end(good ? '{"token":"t0ken"}' : '{}');
      });
      return true;
    }
    if (request.headers.authorization === 'Bearer t0ken') return false;
    const realm = `http://${served.host}/token`;
    const challenge = `Bearer realm="${realm}",service="test",scope="repository:team/app:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
    return true;
  });
  return served;
}

const login = (name: string, content: object): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};
const auth = Buffer.from('ann:s:ecret').toString('base64');

test('a token is asked for without a login, and once for all parts', async () => {
  const { host, asked } = await withTokens((authorization) => authorization === undefined);
  assert.deepEqual(await filesOf((await open(host)).tree), FILES);
  assert.equal(asked.filter(({ path }) => path === '/token').length, 1);
});

test('credentials come from the engines’ files: by host, by namespace, as a refresh token; a wrong file is passed over', async () => {
  const { host } = await withTokens((authorization) => authorization === `Basic ${auth}`);
  await assert.rejects(open(host), (error) => error instanceof Failure && /docker login 127/.test(error.hint ?? ''));
  const podman = { REGISTRY_AUTH_FILE: login('auth.json', { auths: { [`${host}/team`]: { auth } } }) };
  assert.deepEqual(await filesOf((await open(host, podman)).tree), FILES);
  const docker = { HOME: folder, DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: login('broken.json', [] as object) };
  login('config.json', { auths: { [`https://${host}/v1/`]: { auth } }, credsStore: 'not-installed-here' });
  assert.deepEqual(await filesOf((await open(host, docker)).tree), FILES);
  const others = { REGISTRY_AUTH_FILE: login('others.json', { auths: { 'registry.example': { auth } } }) };
  await assert.rejects(open(host, others), /answers 401/);

  const refresh = await withTokens((_, body) => new URLSearchParams(body).get('refresh_token') === 'r3fresh');
  const identity = {
    auths: { [refresh.host]: { auth: Buffer.from('x:').toString('base64'), identitytoken: 'r3fresh' } },
  };
  const { tree } = await open(refresh.host, { REGISTRY_AUTH_FILE: login('identity.json', identity) });
  assert.deepEqual(await filesOf(tree), FILES);
});

test('a credential helper is asked as the engines ask it, by its name alone', async () => {
  const { host } = await withTokens((authorization) => authorization === `Basic ${auth}`);
  const helper = join(folder, 'docker-credential-test');
  const answer = '{"Username":"ann","Secret":"s:ecret"}';
  writeFileSync(helper, `#!/bin/sh\nread server\n[ "$1 $server" = "get ${host}" ] && echo '${answer}'\n`, {
    mode: 0o755,
  });
  const env = (credHelpers: object) => ({
    PATH: `${folder}:${process.env.PATH}`,
    REGISTRY_AUTH_FILE: login('helper.json', { credHelpers }),
  });
  assert.deepEqual(await filesOf((await open(host, env({ [host]: 'test' }))).tree), FILES);
  await assert.rejects(open(host, env({ [host]: '../docker-credential-test' })), /answers 401/);
  await assert.rejects(open(host, env({ [host]: 'not-installed' })), /answers 401/);
});

test('a redirected blob is followed, and nobody else is told who we are', async () => {
  const store = await serve();
  const { host } = await serve((request, response, url) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    }
    if (!url.pathname.includes('/blobs/')) return false;
    response.writeHead(307, { location: `http://${store.host}${url.pathname}` }).end();
    return true;
  });
  const { tree } = await open(host, { REGISTRY_AUTH_FILE: login('basic.json', { auths: { [host]: { auth } } }) });
  assert.deepEqual(await filesOf(tree), FILES);
  assert.ok(store.asked.length >= 4);
  assert.deepEqual([...new Set(store.asked.map(({ authorization }) => authorization))], [undefined]);
});

/** Answers instead of the blob with this digest. */
const instead =
  (digest: string, body: Buffer, more: Record<string, string> = {}): Handler =>
  (_, response, url) => {
    if (!url.pathname.endsWith(digest)) return false;
    response.writeHead(200, more).end(body);
    return true;
  };
const first = layers[0]!.digest;
const bytes = parts.blobs.get(first)!;
const last = layers[2]!.digest;
const manifest = JSON.parse(String(parts.manifest)) as { config: object; layers: object[] };
const tagged = (value: unknown): Handler => instead('/manifests/1', Buffer.from(JSON.stringify(value)));

const hostile: readonly (readonly [string, Handler, RegExp])[] = [
  ['another layer', instead(first, Buffer.from(parts.blobs.get(last)!)), /layer 1/],
  ['a layer with one bit changed', instead(last, flipped(parts.blobs.get(last)!)), /layer 3 is not what sha256/],
  ['a layer that ends early', instead(last, parts.blobs.get(last)!.subarray(0, 1024)), /layer 3 ends after 1024 of/],
  ['a layer with more behind it', instead(first, Buffer.concat([bytes, Buffer.alloc(9)])), /layer 1 has more than/],
  [
    'a connection that breaks',
    instead(first, bytes.subarray(0, 50), { 'content-length': String(bytes.length) }),
    /cannot be read/,
  ],
  [
    'a manifest that is another',
    instead(`manifests/${digestOf(parts.manifest)}`, parts.index),
    /its manifest is not what/,
  ],
  ['a configuration that is another', tagged({ ...manifest, config: { ...layers[1], size: 5 } }), /more than an image/],
  ['huge sizes', tagged({ ...manifest, layers: [{ ...layers[0], size: 2 ** 50 }] }), /has 1125899906842624 bytes/],
  ['no digest', tagged({ ...manifest, layers: [{ digest: '../../x', size: 1 }] }), /without a digest/],
  ['no size', tagged({ ...manifest, layers: [{ ...layers[0], size: -1 }] }), /without a size/],
  ['an encrypted layer', tagged({ ...manifest, layers: [{ ...layers[0], mediaType: 'x+encrypted' }] }), /encrypted/],
  ['an endless manifest', instead('/manifests/1', Buffer.alloc(5 * 1024 * 1024, 32)), /more than an image can have/],
  ['no JSON', instead('/manifests/1', Buffer.from('<html>')), /no JSON/],
  ['no Linux', tagged({ manifests: [{ digest: first, size: 1, platform: { os: 'windows' } }] }), /not made for Linux/],
  ['nothing', tagged({}), /is no image/],
  [
    'nothing there',
    (_, response) => !!response.writeHead(404).end('{"errors":[{"message":"no\\nsuch thing"}]}'),
    /404: no such thing/,
  ],
  [
    'endless redirects',
    (_, response, url) =>
      !!response.writeHead(302, { location: url.href.replace('localhost', 'localhost:1') && url.pathname }).end(),
    /one address to the next/,
  ],
  [
    'a way out',
    (_, response) => !!response.writeHead(302, { location: 'http://registry.example/' }).end(),
    /not asked/,
  ],
  [
    'a realm elsewhere',
    (_, response) =>
      !!response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://registry.example/token"' }).end(),
    /not asked/,
  ],
];
function flipped(buffer: Buffer): Buffer {
  const copy = Buffer.from(buffer);
  // In the padding behind the archive's end: only the digest tells.
  copy[copy.length - 1]! ^= 1;
  return copy;
}
for (const [title, handler, expected] of hostile) {
  test(`a registry that answers with ${title} is not believed`, async () => {
    const { host } = await serve(handler);
    await assert.rejects(open(host), (error) => {
      assert.ok(error instanceof Failure && error.code === 'image-missing', String(error));
      assert.match(error.message, expected);
      return !error.message.includes('\n');
    });
  });
}

test('names that no registry can be asked for, and one where nobody answers', async () => {
  for (const name of ['UPPER/case:1', 'a b', 'registry.example/x:1@sha256:short', 'registry.example/../x', '']) {
    await assert.rejects(
      openImage('registry', name),
      (error) => error instanceof Failure && /no name/.test(error.message),
    );
  }
  await assert.rejects(open('127.0.0.1:1'), /cannot be read from 127\.0\.0\.1:1/);
});

test('an interruption ends it', async () => {
  const { host } = await serve(() => true);
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(
    openImage('registry', `${host}/team/app:1`, { env: {}, signal: controller.signal }),
    (error) => error instanceof Failure && error.code === 'interrupted',
  );
});
