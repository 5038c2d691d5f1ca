/** Asks the application through the proxy. */
import { type Client, freshName } from '../client.ts';
import { expectPage } from '../http.ts';

const client: Client = {
  async check(address) {
    const path = `/${freshName()}`;
    await expectPage(address, 80, path, `asked for ${path}\n`);
  },
};
export default client;
