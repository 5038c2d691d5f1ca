/** What a port answers whose protocol nobody knows: real servers of each sort. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askPort, type Question } from './ask-port.ts';

/** Asks a server as it stands, and takes it away. */
async function asking(t: TestContext, server: Server, question: Question = 'GET'): Promise<string> {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return askPort('127.0.0.1', (server.address() as AddressInfo).port, question);
}

function certificate(t: TestContext): { key: Buffer; cert: Buffer } {
  const directory = mkdtempSync(join(tmpdir(), 'tls-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const files = { key: join(directory, 'key'), cert: join(directory, 'cert') };
  const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=x -days 1 -keyout ${files.key} -out ${files.cert}`;
  assert.equal(spawnSync('openssl', words.split(' ')).status, 0);
  return { key: readFileSync(files.key), cert: readFileSync(files.cert) };
}
const withoutOpenssl = spawnSync('openssl', ['version']).status === 0 ? false : 'no openssl makes a certificate here';

for (const code of [200, 302, 404, 500])
  test(`HTTP ${code}`, async (t) => {
    assert.equal(
      await asking(
        t,
        createWebServer((_, response) => response.writeHead(code).end()),
      ),
      `HTTP ${code}`,
    );
  });

test('a page without end is not read', async (t) => {
  const server = createWebServer((_, response) => {
    response.writeHead(200);
    const more = () => {
      while (response.write('x'.repeat(65536)));
    };
    response.on('drain', more);
    response.on('error', () => {});
    more();
  });
  const closed = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
  assert.equal(await asking(t, server), 'HTTP 200');
  await closed;
});

test('an upload is a form with a file, larger than servers keep in memory', async (t) => {
  let bytes = 0;
  let type: string | undefined;
  const server = createWebServer((request, response) => {
    type = request.headers['content-type'];
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.writeHead(201).end());
  });
  assert.equal(await asking(t, server, 'POST'), 'HTTP 201');
  assert.match(type ?? '', /^multipart\/form-data; boundary=/);
  assert.ok(bytes > 512 * 1024 && bytes < 1024 * 1024, String(bytes));
});

test('HTTPS, whoever has signed it', { skip: withoutOpenssl }, async (t) => {
  const server = createSecureServer(certificate(t), (_, response) => response.writeHead(403).end());
  assert.equal(await asking(t, server), 'HTTPS 403');
});

test('a server that speaks first', async (t) => {
  assert.equal(
    await asking(
      t,
      createServer((socket) => socket.write('220 hello\r\n')),
    ),
    'a greeting',
  );
});

test('a server that closes what it does not understand has taken the connection', async (t) => {
  assert.equal(
    await asking(
      t,
      createServer((socket) => socket.on('data', () => socket.destroy())),
    ),
    'a connection',
  );
});

test('a server that hangs up on everybody', async (t) => {
  assert.equal(
    await asking(
      t,
      createServer((socket) => socket.destroy()),
    ),
    'a connection',
  );
});

test('a server that is silent', async (t) => {
  assert.equal(
    await asking(
      t,
      createServer(() => {}),
    ),
    'a connection',
  );
});

test('what speaks no HTTP has nothing to say to an upload', async (t) => {
  assert.equal(
    await asking(
      t,
      createServer((socket) => socket.end('220 hello\r\n')),
      'POST',
    ),
    'nothing',
  );
});

test('a port that is closed', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await askPort('127.0.0.1', port, 'GET'), 'nothing');
  assert.equal(await askPort('127.0.0.1', port, 'POST'), 'nothing');
});
