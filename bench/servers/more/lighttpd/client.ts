/** Asks for the page that the image serves. */
import { readFileSync } from 'node:fs';
import type { Client } from '../../client.ts';
import { expectPage } from '../../http.ts';

const page = readFileSync(new URL('./index.html', import.meta.url), 'utf8');

const client: Client = {
  async check(address) {
    await expectPage(address, 80, '/', page);
  },
};
export default client;
