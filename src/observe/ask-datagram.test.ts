/** Asking UDP servers of every sort: one that answers, one that keeps silent, one that is not there. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import test from 'node:test';
import { askDatagram } from './ask-datagram.ts';

async function bound(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { socket, port: socket.address().port };
}

test('an answer, silence and a closed port are told apart', async () => {
  const [answering, silent, closed] = [await bound(), await bound(), await bound()];
  answering.socket.on('message', (message, from) => answering.socket.send(message, from.port, from.address));
  await new Promise<void>((resolve) => closed.socket.close(resolve));
  const asked = await Promise.all([answering, silent, closed].map(({ port }) => askDatagram('127.0.0.1', port)));
  answering.socket.close();
  silent.socket.close();
  assert.deepEqual(asked, ['an answer', 'no refusal', 'nothing']);
});

test('the question is a whole DNS message: one question for the name servers of the root', async (t) => {
  const { socket, port } = await bound();
  t.after(() => socket.close());
  const asked = new Promise<Buffer>((resolve) => socket.once('message', resolve));
  await askDatagram('127.0.0.1', port);
  const message = await asked;
  const [flags, questions, others] = [message.readUInt16BE(2), message.readUInt16BE(4), message.readUIntBE(6, 6)];
  assert.deepEqual({ flags, questions, others }, { flags: 0, questions: 1, others: 0 });
  assert.deepEqual([...message.subarray(12)], [0, 0, 2, 0, 1]);
});
