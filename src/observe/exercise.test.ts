/** Asking servers of every sort: one that speaks HTTP, one that speaks first, one that is not there. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import test from 'node:test';
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { exercise } from './exercise.ts';

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** As much of a running pod as asking it needs. */
function running(container: object, address: string | undefined): [RunningPod, RunningContainer] {
  const spec = { containers: [{ name: 'app', image: 'app', ...container }] };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec };
  const workload = findWorkloads(documentFromValue('pod', pod))[0]!;
  const exec = async () => ({ exitCode: 0, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
  const one = { container: workload.containers[0]!, id: 'id', volumes: new Map() };
  const reach = async (port: number) => (address === undefined ? undefined : { host: address, port });
  return [{ address, reach, workload, exec, containers: [one] } as unknown as RunningPod, one];
}

test('probes and ports are asked, and each answer is told', async (t) => {
  const web = createServer((_, response) => response.writeHead(404).end());
  const raw = createTcpServer((socket) => socket.on('error', () => {}).end('220 hello\r\n'));
  t.after(() => {
    web.close();
    raw.close();
  });
  const [webPort, rawPort] = [await listen(web), await listen(raw)];
  const closed = createTcpServer();
  const closedPort = await listen(closed);
  await new Promise((resolve) => closed.close(resolve));
  const [pod, container] = running(
    {
      ports: [{ containerPort: webPort }, { containerPort: rawPort }],
      readinessProbe: { exec: { command: ['true'] } },
      livenessProbe: { httpGet: { path: '/', port: webPort } },
    },
    '127.0.0.1',
  );
  const answers = await exercise(pod, container, [webPort, closedPort]);
  assert.deepEqual(
    [...new Set(answers.map(({ request, answer }) => `${request} ${answer}`))],
    [
      'readinessProbe success',
      'livenessProbe nothing',
      `GET :${webPort}/ HTTP 404`,
      `POST :${webPort}/ HTTP 404`,
      `GET :${rawPort}/ a greeting`,
      `GET :${closedPort}/ nothing`,
    ],
  );
});

test('a pod without an address is asked nothing but its own commands', async () => {
  const [pod, container] = running({ ports: [{ containerPort: 80 }] }, undefined);
  assert.deepEqual(await exercise(pod, container, [81]), []);
});

test('a body waits for what a server answers without it: closing on unread bytes would take the answer away', async (t) => {
  const asked: string[] = [];
  const early = createTcpServer((socket) => {
    let received = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received += data.toString('latin1');
    });
    socket.once('data', () =>
      setTimeout(() => {
        asked.push(received);
        socket.end('HTTP/1.0 501 Unsupported\r\n\r\n');
      }, 10),
    );
  });
  const port = await listen(early);
  t.after(() => early.close());
  const [pod, container] = running({ ports: [{ containerPort: port }] }, '127.0.0.1');
  const answers = await exercise(pod, container, []);
  assert.deepEqual(answers.at(-1), { container: 'app', request: `POST :${port}/`, answer: 'HTTP 501' });
  assert.equal(asked.at(-1)!.split('\r\n\r\n')[1], '', 'no byte of the body was there when it answered');
});

test('whoever greets with a line gets it back, and what comes then is told apart', async (t) => {
  const peer = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.write('SSH-2.0-server\r\n');
    socket.once('data', (data) => socket.end(String(data) === 'SSH-2.0-server\r\n' ? 'KEXINIT' : ''));
  });
  const broken = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.write('SSH-2.0-server\r\n');
    socket.once('data', () => socket.destroy());
  });
  t.after(() => {
    peer.close();
    broken.close();
  });
  const ports = [await listen(peer), await listen(broken)];
  const [pod, container] = running({ ports: ports.map((containerPort) => ({ containerPort })) }, '127.0.0.1');
  const answers = new Set((await exercise(pod, container, [])).map(({ request, answer }) => `${request} ${answer}`));
  assert.deepEqual([...answers], [`GET :${ports[0]}/ a greeting and an answer`, `GET :${ports[1]}/ a greeting`]);
});
