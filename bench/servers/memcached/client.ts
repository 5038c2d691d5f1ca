/** Sets a value and gets it back. */
import { type Client, expectAnswer, freshName } from '../client.ts';
import { endsWith, speak } from '../dialogue.ts';

const client: Client = {
  async check(address) {
    const name = freshName();
    const value = `of-${name}`;
    await speak(address, 11211, async ({ send, answer }) => {
      send(`set ${name} 0 60 ${value.length}\r\n${value}\r\n`);
      expectAnswer('set', String(await answer(endsWith('\r\n'))), 'STORED\r\n');
      send(`get ${name}\r\n`);
      const whole = (received: Buffer) => /^(?:.*ERROR.*|.*END)\r\n$/s.test(received.toString());
      expectAnswer('get', String(await answer(whole)), `VALUE ${name} 0 ${value.length}\r\n${value}\r\nEND\r\n`);
    });
  },
};
export default client;
