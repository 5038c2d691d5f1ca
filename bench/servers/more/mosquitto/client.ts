/** Subscribes to a topic, publishes to it, and gets the message: MQTT 3.1.1 by hand. */
import { type Client, expectAnswer, freshName } from '../../client.ts';
import { speak } from '../../dialogue.ts';

const [CONNECT, PUBLISH, SUBSCRIBE] = [0x10, 0x30, 0x82];
const CLEAN_SESSION = 2;
const KEEP_ALIVE_SECONDS = 30;

const client: Client = {
  async check(address) {
    const topic = freshName();
    const message = Buffer.concat([text(topic), Buffer.from(`message for ${topic}`)]);
    await speak(address, 1883, async ({ send, answer }) => {
      const protocol = Buffer.from([4, CLEAN_SESSION, 0, KEEP_ALIVE_SECONDS]);
      send(packet(CONNECT, Buffer.concat([text('MQTT'), protocol, text(topic)])));
      expectAnswer('CONNECT', (await answer(hasBytes(4))).toString('hex'), '20020000');
      send(packet(SUBSCRIBE, Buffer.concat([Buffer.from([0, 1]), text(topic), Buffer.from([0])])));
      expectAnswer('SUBSCRIBE', (await answer(hasBytes(5))).toString('hex'), '9003000100');
      send(packet(PUBLISH, message));
      const received = await answer(hasBytes(message.length + 2));
      expectAnswer('the topic', received.toString('latin1'), packet(PUBLISH, message).toString('latin1'));
    });
  },
};
export default client;

/** All packets here are shorter than 128 bytes, so that their length is one byte. */
function packet(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, body.length]), body]);
}

function text(words: string): Buffer {
  return Buffer.concat([Buffer.from([0, words.length]), Buffer.from(words)]);
}

function hasBytes(count: number): (received: Buffer) => boolean {
  return (received) => received.length >= count;
}
