/** Calls against a server that misbehaves in every way that an engine could. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Failure } from '../failure.ts';
import { unixAddress } from './address.ts';
import { hijack } from './hijack.ts';
import { ANSWER_LIMIT_BYTES, jsonOf, reasonOf, send } from './http.ts';

describe('calls', () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-http-'));
  const address = unixAddress(join(folder, 'engine.sock'));
  const idle = new Set<Socket>();
  let server: Server;

  before((_, done) => {
    server = createServer((request, response) => {
      if (request.url === '/silent') return;
      if (request.url === '/cut') return void response.writeHead(200).write('half', () => response.destroy());
      if (request.url === '/endless') {
        const chunk = Buffer.alloc(1024 * 1024);
        const more = () => {
          while (response.write(chunk));
        };
        response.on('drain', more);
        return more();
      }
      if (request.url === '/refuse') return void response.writeHead(409).end('{"message":"not now"}');
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () =>
        response.end(JSON.stringify({ type: request.headers['content-type'], body: String(Buffer.concat(chunks)) })),
      );
    });
    server.on('connection', (socket: Socket) => {
      idle.add(socket);
      socket.on('close', () => idle.delete(socket));
    });
    server.on('upgrade', (request, socket) => {
      const frameOf = (text: string) =>
        Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);
      if (request.url === '/exec/plain') {
        socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n');
        return void socket.end(frameOf('plain'));
      }
      if (request.url === '/exec/refused')
        return void socket.end('HTTP/1.1 409 Conflict\r\nConnection: close\r\n\r\n{"message":"it is paused"}');
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      if (request.url === '/exec/silent') return;
      if (request.url === '/exec/unread')
        return void setTimeout(() => socket.write(frameOf('done'), () => socket.destroy()), 20);
      if (request.url === '/exec/open') {
        socket.on('end', () => socket.writable && socket.end(frameOf('ended')));
        socket.resume();
        return void setTimeout(() => socket.writable && socket.end(frameOf('open')), 50);
      }
      if (request.url === '/exec/ends') {
        return void socket.write(frameOf('done'), () => socket.destroy());
      }
      let input = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        input = Buffer.concat([input, chunk]);
      });
      socket.on('end', () => {
        const body = input.subarray(input.indexOf('}') + 1);
        const header = Buffer.from([2, 0, 0, 0, 0, 0, 0, body.length]);
        socket.end(Buffer.concat([header, body]));
      });
    });
    server.listen((address.connection as { socketPath: string }).socketPath, done as () => void);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });

  const failure = (code: string, words: RegExp) => (error: Failure) => error.code === code && words.test(error.message);

  it('sends JSON and bodies', async () => {
    assert.deepEqual(jsonOf(await send(address, { method: 'POST', path: '/', json: { a: 1 } })), {
      type: 'application/json',
      body: '{"a":1}',
    });
    assert.deepEqual(jsonOf(await send(address, { method: 'PUT', path: '/', body: Buffer.from('tar') })), {
      type: 'application/x-tar',
      body: 'tar',
    });
  });

  it('hands over an error status with the engine’s words', async () => {
    const answer = await send(address, { method: 'GET', path: '/refuse' });
    assert.deepEqual([answer.status, reasonOf(answer)], [409, 'not now']);
    assert.equal(reasonOf({ status: 500, headers: {}, body: Buffer.from('<html>') }), '<html>');
    assert.equal(reasonOf({ status: 500, headers: {}, body: Buffer.from('null') }), 'null');
    assert.equal(reasonOf({ status: 502, headers: {}, body: Buffer.alloc(0) }), 'status 502');
  });

  it('gives up on silence, on a cut answer and on an endless one', async () => {
    await assert.rejects(
      send(address, { method: 'GET', path: '/silent', timeoutMs: 50 }),
      failure('engine-refused', /silent for 0.05 s/),
    );
    await assert.rejects(send(address, { method: 'GET', path: '/cut' }), failure('no-engine', /does not answer/));
    await assert.rejects(
      send(address, { method: 'GET', path: '/endless' }),
      failure('engine-refused', new RegExp(String(ANSWER_LIMIT_BYTES))),
    );
    await assert.rejects(
      send(unixAddress(join(folder, 'none')), { method: 'GET', path: '/' }),
      failure('no-engine', /ENOENT/),
    );
  });

  it('tries again when an idle connection was closed under it', async () => {
    for (let times = 0; times < 3; times += 1) {
      assert.equal((await send(address, { method: 'GET', path: '/' })).status, 200);
      for (const socket of idle) socket.destroy();
    }
  });

  it('ends as interrupted when aborted', async () => {
    await assert.rejects(
      send(address, { method: 'GET', path: '/silent', signal: AbortSignal.timeout(30) }),
      failure('interrupted', /Interrupted/),
    );
  });

  it('takes over a connection, sends input to its end and splits the outputs', async () => {
    const options = { stdin: Buffer.from('hello'), timeoutMs: 2_000, limitBytes: 3 };
    const { stdout, stderr } = await hijack(address, { method: 'POST', path: '/exec/echo', json: {} }, options);
    assert.deepEqual([String(stdout), String(stderr)], ['', 'hel']);
  });

  it('does not mind a command that ends without reading its input', async () => {
    const options = { stdin: Buffer.alloc(8 * 1024 * 1024), timeoutMs: 2_000, limitBytes: 100 };
    const { stdout } = await hijack(address, { method: 'POST', path: '/exec/ends', json: {} }, options);
    assert.ok(['', 'done'].includes(String(stdout)), 'what was read before counts');
  });

  it('loses no output of a command without input that ends at once', async () => {
    const options = { stdin: undefined, timeoutMs: 2_000, limitBytes: 100 };
    for (let times = 0; times < 200; times += 1) {
      const { stdout } = await hijack(address, { method: 'POST', path: '/exec/ends', json: {} }, options);
      assert.equal(String(stdout), 'done');
    }
  });

  it('reads a plain answer as well, and what a closed connection had left of the input', async () => {
    const options = { stdin: undefined, timeoutMs: 2_000, limitBytes: 100 };
    const { stdout } = await hijack(address, { method: 'POST', path: '/exec/plain', json: {} }, options);
    assert.equal(String(stdout), 'plain');
    // More than is read ahead, and less than the kernel keeps: what nobody has read by the end resets the connection.
    const unread = { ...options, stdin: Buffer.alloc(180 * 1024) };
    const { stdout: rest } = await hijack(address, { method: 'POST', path: '/exec/unread', json: {} }, unread);
    assert.equal(String(rest), 'done');
    const refused = hijack(address, { method: 'POST', path: '/exec/refused', json: {} }, options);
    await assert.rejects(refused, failure('engine-refused', /refused to run a command: it is paused/));
  });

  it('ends no input where there is none, and leaves no clock running', async () => {
    const options = { stdin: undefined, timeoutMs: 60_000, limitBytes: 100 };
    const clocks = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = clocks();
    const { stdout } = await hijack(address, { method: 'POST', path: '/exec/open', json: {} }, options);
    assert.equal(String(stdout), 'open');
    assert.ok(clocks() <= before, `${clocks()} clocks`);
  });

  it('does not wait for ever, and says when it is refused', async () => {
    const options = { stdin: undefined, timeoutMs: 50, limitBytes: 10 };
    await assert.rejects(
      hijack(address, { method: 'POST', path: '/exec/silent' }, options),
      failure('engine-refused', /within 0.05 s/),
    );
  });
});
