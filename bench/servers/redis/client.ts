/** Sets a value and gets it back. */
import { type Client, expectAnswer, freshName } from '../client.ts';
import { endsWith, speak } from '../dialogue.ts';

const STORED = 'bench-stored';

const client: Client = {
  async check(address) {
    const name = freshName();
    await set(address, name);
    await get(address, name);
    expectAnswer('DEL', await command(address, `DEL ${name}`), ':1\r\n');
  },
  state: { store: (address) => set(address, STORED), find: (address) => get(address, STORED) },
};
export default client;

async function set(address: string, name: string): Promise<void> {
  expectAnswer('SET', await command(address, `SET ${name} of-${name}`), '+OK\r\n');
}

async function get(address: string, name: string): Promise<void> {
  const value = `of-${name}`;
  expectAnswer('GET', await command(address, `GET ${name}`), `$${value.length}\r\n${value}\r\n`);
}

/** A value's length stands in a line before it; every other answer is one line. */
const VALUE = /^\$\d/;

function command(address: string, words: string): Promise<string> {
  return speak(address, 6379, async ({ send, answer }) => {
    send(`${words}\r\n`);
    const isWhole = (received: Buffer) =>
      VALUE.test(received.toString()) ? received.toString().split('\r\n').length > 2 : endsWith('\r\n')(received);
    return String(await answer(isWhole));
  });
}
