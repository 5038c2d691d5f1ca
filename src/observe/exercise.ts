/** Makes a running pod do its work: its own probes, every declared port asked from outside, and the user's own command. */
import type { RunningContainer, RunningPod } from '../engine/pod.ts';
import { aim, attempt, probeOf } from '../engine/probes.ts';
import { listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { askDatagram } from './ask-datagram.ts';
import { askPort } from './ask-port.ts';
import { type Listening, runCommand } from './command.ts';

/** Requests to each port: a first one, and one that finds everything warm. */
const REQUESTS_PER_PORT = 2;
const POST_TRIES = 3;
/** Ports asked of one container; more than anybody declares by hand. */
const MAX_PORTS = 16;
/** How the user's command is called in answers. */
export const COMMAND_REQUEST = 'the exercise';

/** One request to a container and what came back, in words that can be compared between runs. */
export interface Answer {
  /** Empty for what concerns the whole pod. */
  readonly container: string;
  /** `readinessProbe`, `GET :80/`, `POST :80/`, `UDP :53`, `the exercise`. */
  readonly request: string;
  /** `success`, `HTTP 200`, `a connection`, `no refusal`, or `nothing`. */
  readonly answer: string;
}

/** The TCP ports that a container declares, in the manifest and then in its image. */
export function tcpPorts(container: Container, exposed: readonly number[]): number[] {
  return [...new Set([...declaredPorts(container, 'TCP').map(({ port }) => port), ...exposed])].slice(0, MAX_PORTS);
}

/** The UDP ports that a container declares in the manifest. */
export function udpPorts(container: Container): number[] {
  return [...new Set(declaredPorts(container, 'UDP').map(({ port }) => port))].slice(0, MAX_PORTS);
}

function declaredPorts(container: Container, of: 'TCP' | 'UDP'): Listening['ports'] {
  return listOf(container.spec.ports).flatMap((written) => {
    const { containerPort, protocol, name } = objectOr(written);
    const port = typeof containerPort === 'number' ? containerPort : Number.NaN;
    const valid = Number.isInteger(port) && port > 0 && port < 65536 && (protocol ?? 'TCP') === of;
    return valid ? [{ port, name: textOf(name) }] : [];
  });
}

/**
 * Asks one container of a ready pod. Never throws: what is not answered is an answer as well.
 * @param spoken the last answer of each port, kept from one exercise to the next
 */
export async function exercise(
  pod: RunningPod,
  running: RunningContainer,
  exposed: readonly number[],
  spoken: Map<number, string> = new Map(),
): Promise<readonly Answer[]> {
  const { container } = running;
  const answers: Answer[] = [];
  for (const field of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    const probe = probeOf(container, field);
    if (typeof probe !== 'object') continue;
    const { handler, address } = await aim(probe.handler, pod.reach);
    const target = {
      address,
      exec: (command: readonly string[], timeoutMs: number) => pod.exec(running, command, { timeoutMs }),
    };
    const failed = await attempt(handler, target, probe.timeoutMs);
    answers.push({ container: container.name, request: field, answer: failed === undefined ? 'success' : 'nothing' });
  }
  for (const port of tcpPorts(container, exposed)) {
    const at = await pod.reach(port);
    if (at === undefined) continue;
    const ask = (question: 'GET' | 'POST') => askPort(at.host, at.port, question, spoken.get(port));
    const keep = (question: 'GET' | 'POST', answer: string) =>
      answers.push({ container: container.name, request: `${question} :${port}/`, answer });
    let last = '';
    for (let round = 0; round < REQUESTS_PER_PORT; round++) {
      last = await ask('GET');
      spoken.set(port, last);
      keep('GET', last);
    }
    if (!last.startsWith('HTTP')) continue;
    // A server that answers before it has read everything may cut the answer off: one that comes counts.
    let posted = 'nothing';
    for (let tries = POST_TRIES; posted === 'nothing' && tries > 0; tries--) posted = await ask('POST');
    keep('POST', posted);
  }
  // Only a pod with an address of its own takes datagrams: nobody forwards them.
  for (const port of pod.address === undefined ? [] : udpPorts(container))
    answers.push({
      container: container.name,
      request: `UDP :${port}`,
      answer: await askDatagram(pod.address!, port),
    });
  return answers;
}

/** Runs the user's command against a ready pod. */
export async function exerciseBy(
  command: string,
  pod: RunningPod,
  exposed: (container: Container) => readonly number[],
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const inside = pod.containers.flatMap(({ container }) => {
    const declared = declaredPorts(container, 'TCP');
    const known = new Set(declared.map(({ port }) => port));
    return [
      ...declared,
      ...exposed(container)
        .filter((port) => !known.has(port))
        .map((port) => ({ port, name: undefined })),
    ];
  });
  const reached = await Promise.all(inside.map(async ({ port, name }) => ({ name, at: await pod.reach(port) })));
  const ports = reached.flatMap(({ name, at }) => (at === undefined ? [] : [{ name, port: at.port }]));
  const address = pod.address ?? reached.find(({ at }) => at !== undefined)?.at?.host;
  const answer =
    address === undefined ? 'nothing: the pod has no address' : await runCommand(command, { address, ports }, signal);
  return { container: '', request: COMMAND_REQUEST, answer };
}
