/** No client of the measure is content with nothing, with a connection that ends, or with a wrong answer. */
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';
import { speak } from '../../bench/servers/dialogue.ts';
import { MORE, serverNamed, TWELVE } from '../../bench/servers/fleet.ts';
import { ask } from '../../bench/servers/http.ts';

/** Belongs to this machine alone, and nothing listens there. */
const NOBODY = '127.77.0.1';

describe('the clients of the measure', () => {
  for (const name of [...TWELVE, ...MORE]) {
    test(`${name}: nobody there is a failure`, async () => {
      const { client } = await serverNamed(name);
      await assert.rejects(client.check(NOBODY), Error);
      if (client.state) await assert.rejects(client.state.find(NOBODY), Error);
    });
  }

  test('an answer in pieces is waited for; a connection that ends before it is whole is a failure with what came', async () => {
    await withServer(['half', ' and half'], async (port) => {
      const isWhole = (received: Buffer) => received.toString() === 'half and half';
      assert.equal(String(await speak('127.0.0.1', port, ({ answer }) => answer(isWhole))), 'half and half');
    });
    await withServer(['half'], async (port) => {
      await assert.rejects(
        speak('127.0.0.1', port, ({ answer }) => answer(() => false)),
        /closed the connection after "half"/,
      );
    });
  });

  test('an HTTP answer that is cut off is a failure', async () => {
    await withServer(['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfive'], async (port) => {
      await assert.rejects(ask({ host: '127.0.0.1', port, path: '/' }), /aborted|hang up/);
    });
  });
});

/** Listens, says `pieces` one after the other to whoever connects, and ends the connection. */
async function withServer(pieces: readonly string[], use: (port: number) => Promise<void>): Promise<void> {
  const server = createServer(async (socket) => {
    socket.on('error', () => {});
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    socket.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
    await use(address.port);
  } finally {
    server.close();
  }
}
