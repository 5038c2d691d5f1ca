/** Publishes a persistent message to a durable queue, with the broker's confirmation, and consumes it. */
import { type ConfirmChannel, connect } from 'amqplib';
import { ANSWER_MS, type Client, expectAnswer, freshName } from '../client.ts';

const STORED = 'bench-stored';

const client: Client = {
  async check(address) {
    await connected(address, async (channel) => {
      const queue = freshName();
      await publish(channel, queue);
      await consume(channel, queue);
    });
  },
  state: {
    store: (address) => connected(address, (channel) => publish(channel, STORED)),
    find: (address) => connected(address, (channel) => consume(channel, STORED)),
  },
};
export default client;

async function connected(address: string, work: (channel: ConfirmChannel) => Promise<void>): Promise<void> {
  const connection = await connect(`amqp://guest:guest@${address}`, { timeout: ANSWER_MS });
  // The promise of whatever was asked last is rejected as well.
  connection.on('error', () => {});
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => {});
    await work(channel);
  } finally {
    await connection.close();
  }
}

async function publish(channel: ConfirmChannel, queue: string): Promise<void> {
  await channel.assertQueue(queue, { durable: true });
  channel.sendToQueue(queue, Buffer.from(`message for ${queue}`), { persistent: true });
  await channel.waitForConfirms();
}

async function consume(channel: ConfirmChannel, queue: string): Promise<void> {
  const message = await channel.get(queue, { noAck: true });
  const content = message === false ? 'nothing' : message.content.toString();
  expectAnswer(`the queue ${queue}`, content, `message for ${queue}`);
  await channel.deleteQueue(queue);
}
