/** Sets a value and gets it back. */
import { type Client, expectAnswer, freshName } from '../client.ts';
import { endsWith, speak } from '../dialogue.ts';

const client: Client = {
  async check(address) {
    const name = freshName();
    await speak(address, 6379, async ({ send, answer }) => {
      send(`SET ${name} of-${name}\r\n`);
      expectAnswer('SET', String(await answer(endsWith('\r\n'))), '+OK\r\n');
      send(`GET ${name}\r\n`);
      const value = `of-${name}`;
      // The length comes in a line of its own, or an error in its place.
      const whole = (received: Buffer) => /^(-.*|\$-1|\$\d+\r\n.*)\r\n$/s.test(received.toString());
      expectAnswer('GET', String(await answer(whole)), `$${value.length}\r\n${value}\r\n`);
      send(`DEL ${name}\r\n`);
      expectAnswer('DEL', String(await answer(endsWith('\r\n'))), ':1\r\n');
    });
  },
};
export default client;
