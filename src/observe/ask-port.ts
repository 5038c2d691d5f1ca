/** Asks one TCP port without knowing what it speaks: HTTP, HTTPS, a greeting, or only a connection. */
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';

/** For one request; a ready server answers in milliseconds. */
const REQUEST_TIMEOUT_MS = 2_000;
/** Servers that speak first (databases, mail) do so at once. */
const GREETING_MS = 300;
/** A server that needs no body to answer (the method is none of its own) answers within this. */
const EARLY_ANSWER_MS = 100;
/** An upload larger than what servers keep in memory (nginx 16 KiB, PHP and .NET 30 KiB, gunicorn 512 KiB), and no larger than most accept (1 MiB). */
const UPLOAD_BYTES = 768 * 1024;

/** How a port was asked. */
export type Question = 'GET' | 'POST';

/**
 * `HTTP 200`, `HTTPS 200`, `a greeting and an answer`, `a greeting`, `a connection`, or `nothing`.
 * @param before what it answered before: one that spoke no HTTP then is not waited for again
 */
export async function askPort(host: string, port: number, question: Question, before?: string): Promise<string> {
  if (before?.startsWith('a ')) return greeting(host, port);
  const plain = await status(request, { host, port }, question);
  if (plain !== undefined) return `HTTP ${plain}`;
  const secure = await status(secureRequest, { host, port, rejectUnauthorized: false } as RequestOptions, question);
  if (secure !== undefined) return `HTTPS ${secure}`;
  return question === 'GET' ? greeting(host, port) : 'nothing';
}

function status(make: typeof request, where: RequestOptions, method: Question): Promise<number | undefined> {
  const body = method === 'POST' ? upload() : undefined;
  const headers = { connection: 'close', ...(body === undefined ? {} : body.headers) };
  return new Promise((resolve) => {
    const asked = make({ ...where, method, path: '/', agent: false, headers }, (response: IncomingMessage) => {
      clearTimeout(timer);
      response.on('error', () => {});
      response.destroy();
      resolve(response.statusCode);
    });
    const timer = setTimeout(() => asked.destroy(), REQUEST_TIMEOUT_MS);
    let later: NodeJS.Timeout | undefined;
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => {
      clearTimeout(timer);
      clearTimeout(later);
      resolve(undefined);
    });
    if (body === undefined) asked.end();
    else {
      // One that answers without reading a body closes on what it has not read, and its answer is lost with that.
      asked.flushHeaders();
      later = setTimeout(() => asked.end(body.content), EARLY_ANSWER_MS);
    }
  });
}

/** A form with one file: what makes a server put a request's body somewhere. */
function upload(): { headers: Record<string, string | number>; content: Buffer } {
  const boundary = 'petrify-exercise';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="file.bin"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  const content = Buffer.concat([
    Buffer.from(head),
    Buffer.alloc(UPLOAD_BYTES),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': content.length },
    content,
  };
}

/** A line of text. What greets with bytes of its own is not spoken to. */
const LINE = /^[\x20-\x7e]{1,255}\r?\n/;

/**
 * Whoever greets with a line gets it back: where peers introduce themselves alike (SSH) the conversation begins, and other
 * protocols say that they do not know such a command. Both make the server work more than a connection does.
 */
function greeting(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let connected = false;
    const end = (answer: string) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => fallen(), REQUEST_TIMEOUT_MS);
    socket.on('connect', () => {
      connected = true;
      setTimeout(() => greeted || end('a connection'), GREETING_MS).unref();
    });
    let greeted = false;
    const fallen = () => end(greeted ? 'a greeting' : connected ? 'a connection' : 'nothing');
    socket.on('data', (data) => {
      if (greeted) return end('a greeting and an answer');
      greeted = true;
      const [line] = LINE.exec(data.toString('latin1')) ?? [];
      if (line === undefined) end('a greeting');
      else socket.write(line);
    });
    socket.on('error', fallen);
    socket.on('close', fallen);
  });
}
