/** Publishes a persistent message to a durable queue, with the broker's confirmation, and consumes it. */
import { connect } from 'amqplib';
import { ANSWER_MS, type Client, expectAnswer, freshName } from '../client.ts';

const client: Client = {
  async check(address) {
    const connection = await connect(`amqp://guest:guest@${address}`, { timeout: ANSWER_MS });
    // The promise of whatever was asked last is rejected as well.
    connection.on('error', () => {});
    try {
      const channel = await connection.createConfirmChannel();
      channel.on('error', () => {});
      const queue = freshName();
      await channel.assertQueue(queue, { durable: true });
      channel.sendToQueue(queue, Buffer.from(`message for ${queue}`), { persistent: true });
      await channel.waitForConfirms();
      const message = await channel.get(queue, { noAck: true });
      const content = message === false ? 'nothing' : message.content.toString();
      expectAnswer(`the queue ${queue}`, content, `message for ${queue}`);
      await channel.deleteQueue(queue);
    } finally {
      await connection.close();
    }
  },
};
export default client;
