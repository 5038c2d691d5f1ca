/** Finds the container engine that answers, and which dialect it speaks. */
import { existsSync } from 'node:fs';
import { homedir, hostname, release } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { objectOr } from '../workload/value.ts';
import type { Address } from './address.ts';
import { addressOf, unixAddress } from './address.ts';
import { dockerEngine } from './docker.ts';
import type { Engine, EngineInfo } from './engine.ts';
import type { Answer } from './http.ts';
import { jsonOf, send } from './http.ts';
import { podmanEngine } from './podman.ts';

/** A local socket answers in milliseconds; a busy engine was seen to need 2 s. */
const PING_TIMEOUT_MS = 3_000;

/** Describing itself takes an engine longer: Podman reads its whole store (0.1 s here, seconds on a slow disk). */
const INFO_TIMEOUT_MS = 20_000;

export type EngineChoice = 'auto' | 'docker' | 'podman';

type Environment = Readonly<Record<string, string | undefined>>;

/** The addresses that are tried, in order. DOCKER_HOST, where set, is the only one: it is what the user asked for. */
export function candidates(env: Environment): Address[] {
  if (env.DOCKER_HOST) return [addressOf(env.DOCKER_HOST, env)];
  const sockets = ['/var/run/docker.sock', '/run/podman/podman.sock'];
  if (env.XDG_RUNTIME_DIR) sockets.push(join(env.XDG_RUNTIME_DIR, 'podman/podman.sock'));
  sockets.push(join(env.HOME ?? homedir(), '.docker/run/docker.sock'));
  return sockets.map(unixAddress);
}

/**
 * Connects to the first engine that answers and is the one that was chosen.
 * Throws Failure('no-engine') that names what was tried and why each did not do.
 */
export async function connectEngine(choice: EngineChoice, env: Environment): Promise<Engine> {
  const tried: string[] = [];
  for (const address of candidates(env)) {
    const found = await ping(address);
    if (typeof found === 'string') {
      tried.push(`${address.text} (${found})`);
      continue;
    }
    const name = dialectOf(found);
    if (choice !== 'auto' && choice !== name) {
      tried.push(`${address.text} (is ${name})`);
      continue;
    }
    const info: EngineInfo = {
      name,
      version: await versionOf(address, found),
      address: address.text,
      ...(await machineOf(address)),
    };
    return name === 'podman' ? podmanEngine(address, info) : dockerEngine(address, info);
  }
  const wanted = choice === 'auto' ? 'container engine' : choice === 'docker' ? 'Docker' : 'Podman';
  throw new Failure('no-engine', `No ${wanted} answers. Tried ${tried.join(', ')}.`, {
    hint: 'Start Docker, or `podman system service --time 0 unix:///run/podman/podman.sock`, or point DOCKER_HOST at an engine.',
  });
}

/** The answer to `/_ping`, or why there is none. */
async function ping(address: Address): Promise<Answer | string> {
  if ('socketPath' in address.connection && !existsSync(address.connection.socketPath)) return 'no such socket';
  try {
    const answer = await send(address, { method: 'GET', path: '/_ping', timeoutMs: PING_TIMEOUT_MS });
    return answer.status === 200 ? answer : `status ${answer.status}`;
  } catch (error) {
    const cause = (error as Error).cause;
    return cause instanceof Error ? cause.message : String(error);
  }
}

function dialectOf(answer: Answer): 'podman' | 'docker' {
  const libpod =
    answer.headers['libpod-api-version'] !== undefined || String(answer.headers.server).startsWith('Libpod/');
  return libpod ? 'podman' : 'docker';
}

async function versionOf(address: Address, pinged: Answer): Promise<string> {
  const libpod = pinged.headers['libpod-api-version'];
  if (typeof libpod === 'string') return libpod;
  const answer = await send(address, { method: 'GET', path: '/version', timeoutMs: PING_TIMEOUT_MS });
  const version = answer.status === 200 ? (jsonOf(answer) as { Version?: unknown }).Version : undefined;
  return typeof version === 'string' ? version : 'unknown';
}

/**
 * Whether host paths and kernel events of the containers can be used: a unix socket, root, and an engine that names
 * this very machine and kernel as its own (behind a socket may be a virtual machine, or this may be a container).
 */
async function machineOf(address: Address): Promise<Pick<EngineInfo, 'local' | 'runtime'>> {
  const possible = process.platform === 'linux' && 'socketPath' in address.connection && process.getuid?.() === 0;
  if (!possible) return { local: false };
  const answer = await send(address, { method: 'GET', path: '/info', timeoutMs: INFO_TIMEOUT_MS });
  if (answer.status !== 200) return { local: false };
  const { Name: name, KernelVersion: kernel, DefaultRuntime: runtime } = objectOr(jsonOf(answer));
  const local = name === hostname() && kernel === release();
  return { local, ...(typeof runtime === 'string' && runtime !== '' ? { runtime } : {}) };
}
