/** Lets the application compute something, and uploads a file. */
import { createHash, randomBytes } from 'node:crypto';
import { type Client, expectAnswer } from '../../client.ts';
import { ask, expectPage } from '../../http.ts';

const UPLOAD_BYTES = 100_000;

const client: Client = {
  async check(address) {
    await expectPage(address, 3000, '/square?of=12', '144\n');
    const file = randomBytes(UPLOAD_BYTES);
    const answer = await ask({ host: address, port: 3000, path: '/upload', method: 'POST' }, file);
    const digest = createHash('sha256').update(file).digest('hex');
    expectAnswer('POST :3000/upload', `${answer.status} ${answer.body}`, `200 sha256 ${digest}\n`);
  },
};
export default client;
