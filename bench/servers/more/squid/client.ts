/** Asks for a page that only the pod itself can reach, through the proxy. */
import { readFileSync } from 'node:fs';
import { type Client, freshName } from '../../client.ts';
import { expectPage } from '../../http.ts';

const page = readFileSync(new URL('./index.html', import.meta.url), 'utf8');

const client: Client = {
  async check(address) {
    // A query that nobody made before is in no cache.
    await expectPage(address, 3128, `http://127.0.0.1:8080/index.html?${freshName()}`, page);
  },
};
export default client;
