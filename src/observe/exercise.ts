/** Makes a running pod do its work: its own probes and every declared TCP port, asked from the host. */
import { request } from 'node:http';
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import { attempt, attemptTcp, probeOf } from '../engine/probes.ts';
import { listOf, objectOr } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';

/** For one request; a ready server answers in milliseconds. */
const REQUEST_TIMEOUT_MS = 2_000;
/** Requests to each port: a first one, and one that finds everything warm. */
const REQUESTS_PER_PORT = 2;
/** Ports asked of one container; more than anybody declares by hand. */
const MAX_PORTS = 16;

/** One request to a container and what came back, in words that can be compared between runs. */
export interface Answer {
  readonly container: string;
  /** `readinessProbe`, `GET :80/`. */
  readonly request: string;
  /** `success`, `HTTP 200`, `a connection`, or `nothing`. */
  readonly answer: string;
}

/** The TCP ports that a container declares, in the manifest and then in its image. */
export function tcpPorts(container: Container, exposed: readonly number[]): number[] {
  const declared = listOf(container.spec.ports).flatMap((written) => {
    const { containerPort, protocol } = objectOr(written);
    const port = typeof containerPort === 'number' ? containerPort : Number.NaN;
    return Number.isInteger(port) && port > 0 && port < 65536 && (protocol ?? 'TCP') === 'TCP' ? [port] : [];
  });
  return [...new Set([...declared, ...exposed])].slice(0, MAX_PORTS);
}

/** Asks one container of a ready pod. Never throws: what is not answered is an answer as well. */
export async function exercise(
  pod: RunningPod,
  running: RunningContainer,
  exposed: readonly number[],
): Promise<readonly Answer[]> {
  const { container } = running;
  const answers: Answer[] = [];
  for (const field of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    const probe = probeOf(container, field);
    if (typeof probe !== 'object') continue;
    const target = {
      address: pod.address,
      exec: (command: readonly string[], timeoutMs: number) => pod.exec(running, command, { timeoutMs }),
    };
    const failed = await attempt(probe.handler, target, probe.timeoutMs);
    answers.push({ container: container.name, request: field, answer: failed === undefined ? 'success' : 'nothing' });
  }
  for (const port of pod.address === undefined ? [] : tcpPorts(container, exposed)) {
    for (let round = 0; round < REQUESTS_PER_PORT; round++) {
      answers.push({ container: container.name, request: `GET :${port}/`, answer: await askPort(pod.address!, port) });
    }
  }
  return answers;
}

/** The status of the HTTP answer, or whether the port at least takes a connection. */
async function askPort(host: string, port: number): Promise<string> {
  const status = await httpStatus(host, port);
  if (status !== undefined) return `HTTP ${status}`;
  return (await attemptTcp(host, port, REQUEST_TIMEOUT_MS)) === undefined ? 'a connection' : 'nothing';
}

function httpStatus(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: '/', agent: false, headers: { connection: 'close' } }, (response) => {
      clearTimeout(timer);
      response.on('error', () => {});
      response.destroy();
      resolve(response.statusCode);
    });
    const timer = setTimeout(() => asked.destroy(), REQUEST_TIMEOUT_MS);
    asked.on('error', () => resolve(undefined));
    asked.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
    asked.end();
  });
}
