/** The kernel's table of sockets, read for what listens. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listeningPorts, portsOfProcess } from './listening.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 0100007F:0050 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 3 1 0 100 0 0 10 0
`;

test('listening sockets only, each port once', () => {
  assert.deepEqual(listeningPorts(TABLE), [80, 8080]);
  assert.deepEqual(
    listeningPorts(TABLE.replaceAll('00000000:0050', '00000000000000000000000000000000:01BB')),
    [443, 8080],
  );
});

const DATAGRAMS = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 0 0
  101: 0100007F:8F4C 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2 2 0 0
  102: 0200000A:007B 0300000A:007B 01 00000000:00000000 00:00000000 00000000     0        0 3 2 0 0
`;

test('a low UDP port without a peer is served; a high one may be a client waiting for its answer', () => {
  assert.deepEqual(listeningPorts(DATAGRAMS), [53]);
});

test('whatever else the text holds is no port', () => {
  for (const text of ['', 'x', 'a\n b c d e', TABLE.replace('0050', 'zzzz').replace('1F90', '0000')]) {
    assert.deepEqual(listeningPorts(text), []);
  }
});

test('a server of this very process is seen', { skip: process.platform !== 'linux' && 'needs /proc' }, async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  assert.ok((await portsOfProcess(process.pid)).includes(port));
  server.close();
});
