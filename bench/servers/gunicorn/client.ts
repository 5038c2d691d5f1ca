/** Lets the application compute something, and uploads a file that is too large to be kept in memory. */
import { createHash, randomBytes } from 'node:crypto';
import { type Client, expectAnswer } from '../client.ts';
import { ask, expectPage, formWith } from '../http.ts';

/** The framework keeps up to half a megabyte of an upload in memory. */
const UPLOAD_BYTES = 1_500_000;

const client: Client = {
  async check(address) {
    await expectPage(address, 8000, '/total?price=20&price=22', 'total 42\n');
    const file = randomBytes(UPLOAD_BYTES);
    const { body, headers } = formWith('upload', file);
    const answer = await ask({ host: address, port: 8000, path: '/upload', method: 'POST', headers }, body);
    const digest = createHash('sha256').update(file).digest('hex');
    expectAnswer('POST :8000/upload', `${answer.status} ${answer.body}`, `200 sha256 ${digest}\n`);
  },
};
export default client;
