/** The calls that Docker's and libpod's API share word for word, below their different prefixes. */
import type { Readable } from 'node:stream';
import { Failure } from '../failure.ts';
import type { Address } from './address.ts';
import type { Engine, ExecResult, FilesystemChange, PathStat } from './engine.ts';
import { LOG_LIMIT_BYTES } from './engine.ts';
import { frameReader } from './frames.ts';
import { hijack } from './hijack.ts';
import type { Answer, Call } from './http.ts';
import { jsonOf, reasonOf, send, stream } from './http.ts';

/** A command in a container that takes longer than this hangs. */
export const EXEC_TIMEOUT_MS = 60_000;

/** Kept of each output of an exec; a listing of a whole root filesystem is about 4 MB. */
export const EXEC_LIMIT_BYTES = 16 * 1024 * 1024;

/** An engine may report an exec as running for a moment after its stream has ended. */
const EXEC_EXIT_WAIT_MS = 5_000;
const EXEC_EXIT_POLL_MS = 20;

/** How the engines say that there is nobody to signal any more. */
const HAS_ENDED = /can only kill running containers|is not running/;

/** Go's os.FileMode bits, which both engines send. */
const GO_DIRECTORY = 2 ** 31;
const GO_SYMLINK = 2 ** 27;
/** Device, named pipe, socket, character device. */
const GO_SPECIAL = [2 ** 26, 2 ** 25, 2 ** 24, 2 ** 21];
const GO_SETUID = 2 ** 23;
const GO_SETGID = 2 ** 22;
const GO_STICKY = 2 ** 20;

const CHANGE_KINDS: readonly FilesystemChange['kind'][] = ['modified', 'added', 'deleted'];

export type ContainerCalls = Pick<
  Engine,
  'logs' | 'changes' | 'exec' | 'stat' | 'copyOut' | 'copyIn' | 'kill' | 'stop' | 'start'
>;

/** Sends and throws Failure('engine-refused') with the engine's words for an error status that is not `allowed`. */
export async function ask(
  address: Address,
  call: Call,
  doing: string,
  allowed: readonly number[] = [],
): Promise<Answer> {
  const answer = await send(address, call);
  if (answer.status >= 400 && !allowed.includes(answer.status)) {
    throw new Failure('engine-refused', `The engine refused to ${doing}: ${reasonOf(answer)}`);
  }
  return answer;
}

/** `prefix` is `/v1.41` or `/v4.0.0/libpod`. */
export function containerCalls(address: Address, prefix: string): ContainerCalls {
  const at = (id: string, rest: string) => `${prefix}/containers/${encodeURIComponent(id)}${rest}`;
  return {
    async start(id) {
      await ask(address, { method: 'POST', path: at(id, '/start') }, 'start a container');
    },
    async kill(id, signal) {
      const answer = await send(address, {
        method: 'POST',
        path: at(id, `/kill?signal=${encodeURIComponent(signal)}`),
      });
      if (answer.status < 400 || HAS_ENDED.test(reasonOf(answer))) return;
      throw new Failure('engine-refused', `The engine refused to signal a container: ${reasonOf(answer)}`);
    },
    async stop(id, graceSeconds) {
      const path = at(id, `/stop?t=${graceSeconds}&timeout=${graceSeconds}`);
      const timeoutMs = (graceSeconds + 30) * 1000;
      await ask(address, { method: 'POST', path, timeoutMs }, 'stop a container');
    },
    logs: (id) => readLogs(address, at(id, '/logs?stdout=true&stderr=true&follow=false')),
    async changes(id) {
      const answer = await ask(address, { method: 'GET', path: at(id, '/changes') }, 'list changes');
      return changesFrom(jsonOf(answer));
    },
    exec: (id, command, options = {}) => execute(address, prefix, id, command, options),
    async stat(id, path) {
      const answer = await send(address, { method: 'HEAD', path: at(id, `/archive?path=${encodeURIComponent(path)}`) });
      const header = answer.headers['x-docker-container-path-stat'];
      // Podman sends the header of a dangling symlink together with 404: the link itself is there.
      if (typeof header === 'string') return statFrom(header);
      if (answer.status === 404) return undefined;
      throw new Failure('engine-refused', `The engine refused to look at ${path}: ${reasonOf(answer)}`);
    },
    async copyOut(id, path) {
      const response = await stream(address, {
        method: 'GET',
        path: at(id, `/archive?path=${encodeURIComponent(path)}`),
      });
      if (response.statusCode === 200) return response as Readable;
      response.resume();
      throw new Failure('engine-refused', `The engine refused to copy ${path} out (status ${response.statusCode}).`);
    },
    async copyIn(id, path, tar) {
      const call: Call = { method: 'PUT', path: at(id, `/archive?path=${encodeURIComponent(path)}`), body: tar };
      await ask(address, call, `copy into ${path}`);
    },
  };
}

function changesFrom(value: unknown): FilesystemChange[] {
  if (!Array.isArray(value)) return [];
  const seen = value as { Path?: unknown; Kind?: unknown }[];
  return seen.flatMap(({ Path: path, Kind: kind }) => {
    const known = CHANGE_KINDS[Number(kind)];
    return typeof path === 'string' && known ? [{ path, kind: known }] : [];
  });
}

function statFrom(header: string): PathStat {
  const seen = JSON.parse(Buffer.from(header, 'base64').toString('utf8')) as {
    mode: number;
    size: number;
    linkTarget?: string;
  };
  const has = (bits: number) => Math.floor(seen.mode / bits) % 2 === 1;
  const special = GO_SPECIAL.some(has);
  const type = has(GO_DIRECTORY) ? 'directory' : has(GO_SYMLINK) ? 'symlink' : special ? 'other' : 'file';
  const mode =
    (seen.mode & 0o777) | (has(GO_SETUID) ? 0o4000 : 0) | (has(GO_SETGID) ? 0o2000 : 0) | (has(GO_STICKY) ? 0o1000 : 0);
  return { type, mode, size: seen.size, linkTarget: type === 'symlink' ? seen.linkTarget : undefined };
}

/** Keeps the last LOG_LIMIT_BYTES, whatever comes. */
async function readLogs(address: Address, path: string): Promise<string> {
  const response = await stream(address, { method: 'GET', path });
  if (response.statusCode !== 200) {
    response.resume();
    throw new Failure(
      'engine-refused',
      `The engine refused to give a container's logs (status ${response.statusCode}).`,
    );
  }
  const frames = frameReader();
  let kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    for (const { data } of frames(chunk as Buffer)) {
      kept.push(data);
      bytes += data.length;
    }
    if (bytes > 2 * LOG_LIMIT_BYTES) {
      kept = [Buffer.concat(kept).subarray(-LOG_LIMIT_BYTES)];
      bytes = LOG_LIMIT_BYTES;
    }
  }
  return Buffer.concat(kept).subarray(-LOG_LIMIT_BYTES).toString('utf8');
}

async function execute(
  address: Address,
  prefix: string,
  id: string,
  command: readonly string[],
  options: { user?: string; stdin?: Buffer; timeoutMs?: number; privileged?: boolean },
): Promise<ExecResult> {
  const json = {
    AttachStdout: true,
    AttachStderr: true,
    AttachStdin: options.stdin !== undefined,
    Tty: false,
    Cmd: command,
    Privileged: options.privileged ?? false,
    ...(options.user === undefined ? {} : { User: options.user }),
  };
  const created = await ask(
    address,
    { method: 'POST', path: `${prefix}/containers/${encodeURIComponent(id)}/exec`, json },
    'run a command',
  );
  const session = (jsonOf(created) as { Id: string }).Id;
  const call: Call = { method: 'POST', path: `${prefix}/exec/${session}/start`, json: { Detach: false, Tty: false } };
  const output = await hijack(address, call, {
    stdin: options.stdin,
    timeoutMs: options.timeoutMs ?? EXEC_TIMEOUT_MS,
    limitBytes: EXEC_LIMIT_BYTES,
  });
  return { exitCode: await exitCodeOf(address, `${prefix}/exec/${session}/json`), ...output };
}

async function exitCodeOf(address: Address, path: string): Promise<number> {
  const deadline = Date.now() + EXEC_EXIT_WAIT_MS;
  for (;;) {
    const seen = jsonOf(await ask(address, { method: 'GET', path }, 'tell how a command ended')) as {
      Running: boolean;
      ExitCode: number;
    };
    if (!seen.Running && seen.ExitCode !== null) return seen.ExitCode;
    if (Date.now() > deadline)
      throw new Failure('engine-refused', 'The engine closed a command’s output but says that it still runs.');
    await new Promise((resolve) => setTimeout(resolve, EXEC_EXIT_POLL_MS));
  }
}
