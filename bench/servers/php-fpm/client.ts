/** Visits a script twice in one session, the second time with a file, as a web server would pass it on. */
import { createHash, randomBytes } from 'node:crypto';
import { type Client, expectAnswer } from '../client.ts';
import { formWith } from '../http.ts';
import { fastCgi } from './fastcgi.ts';

const UPLOAD_BYTES = 100_000;

const script = {
  SCRIPT_FILENAME: '/var/www/html/visit.php',
  SCRIPT_NAME: '/visit.php',
  REQUEST_URI: '/visit.php',
  SERVER_PROTOCOL: 'HTTP/1.1',
  GATEWAY_INTERFACE: 'CGI/1.1',
};

const client: Client = {
  async check(address) {
    const first = await fastCgi(address, 9000, { ...script, REQUEST_METHOD: 'GET' }, Buffer.alloc(0));
    expectAnswer('GET visit.php', bodyOf(first), 'visit 1, upload none\n');
    const session = /^Set-Cookie: (PHPSESSID=[^;]+)/im.exec(first)?.[1];
    if (session === undefined) throw new Error('GET visit.php began no session');
    const file = randomBytes(UPLOAD_BYTES);
    const { body, headers } = formWith('upload', file);
    const form = { CONTENT_TYPE: headers['content-type'], CONTENT_LENGTH: String(body.length) };
    const second = await fastCgi(
      address,
      9000,
      { ...script, ...form, REQUEST_METHOD: 'POST', HTTP_COOKIE: session },
      body,
    );
    const digest = createHash('sha256').update(file).digest('hex');
    expectAnswer('POST visit.php', bodyOf(second), `visit 2, upload ${digest}\n`);
  },
};
export default client;

function bodyOf(output: string): string {
  return output.slice(output.indexOf('\r\n\r\n') + 4);
}
