/** One HTTP request on a connection of its own, and its whole answer. */
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { ANSWER_MS, expectAnswer } from './client.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** @param body sent as it is, with its length */
export function ask(options: RequestOptions, body?: Buffer): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': body.length };
    const asked = request(
      { ...options, agent: false, headers: { connection: 'close', ...length, ...options.headers } },
      async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, body: Buffer.concat(chunks).toString() });
        } catch (error) {
          reject(error);
        } finally {
          clearTimeout(timer);
        }
      },
    );
    const timer = setTimeout(() => asked.destroy(new Error(`no whole answer in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
    asked.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    asked.end(body);
  });
}

/** GETs a page and throws unless it is 200 with exactly this body. */
export async function expectPage(host: string, port: number, path: string, body: string): Promise<HttpAnswer> {
  const answer = await ask({ host, port, path });
  expectAnswer(`GET :${port}${path}`, `${answer.status} ${answer.body}`, `200 ${body}`);
  return answer;
}

const BOUNDARY = 'petrify-bench-boundary';

/** A form with one file in it: its body, and the headers that go with it. */
export function formWith(field: string, file: Buffer): { body: Buffer; headers: { 'content-type': string } } {
  const head = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"; filename="file.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  return {
    body: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
  };
}
