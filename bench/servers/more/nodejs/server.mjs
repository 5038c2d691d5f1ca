// A small web application: it computes, and it keeps what is uploaded in a file until it has been read.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';

const uploads = '/srv/app/uploads';
mkdirSync(uploads, { recursive: true });

async function digestOf(request) {
  const file = `${uploads}/${randomUUID()}`;
  try {
    await pipeline(request, createWriteStream(file));
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash);
    return hash.digest('hex');
  } finally {
    await rm(file, { force: true });
  }
}

const server = createServer(async (request, response) => {
  try {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/healthz') response.end('ok\n');
    else if (url.pathname === '/square') response.end(`${Number(url.searchParams.get('of')) ** 2}\n`);
    else if (url.pathname === '/upload') response.end(`sha256 ${await digestOf(request)}\n`);
    else response.writeHead(404).end('not found\n');
  } catch (error) {
    response.writeHead(500).end(`${error.message}\n`);
  }
});
server.listen(3000);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
