/** Executes a command in a container of a pod, as `kubectl exec` does. */
import type { KubeConfig } from '@kubernetes/client-node';
import { Failure } from '../failure.ts';
import { listOf, objectOr, textOf } from '../workload/value.ts';
import { openSocket } from './socket.ts';

/** Where a command runs. */
export interface Place {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

export interface ExecOptions {
  readonly stdin?: Buffer;
  /**
   * The command knows by itself where its standard input ends: then an API server before Kubernetes 1.29 will do, which
   * cannot be told so.
   */
  readonly endsItself?: boolean;
  /** Such a server is left after so long, which tells it the end as well; what the command says from then on is lost. */
  readonly hangUpMs?: number;
  readonly timeoutMs?: number;
  /** Called when something of the output has come. */
  readonly onOutput?: () => void;
}

export interface Executed {
  /** `LEFT` where the command was left before it had ended. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Output that is kept of one command: the list of a large image's files; what exceeds it ends the command. */
export const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
const DEFAULT_TIMEOUT_MS = 60_000;

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;
/** What a shell says of a program that is not there. */
const NOT_FOUND = 127;
/** With the fifth protocol: the server is told that nothing more comes on a channel. */
const CLOSE = 255;

/**
 * A program that the image lacks is exit code 127 with the runtime's words on stderr, as from a shell.
 * Throws Failure('cluster-refused') for everything else that keeps the command from running to its end.
 */
export async function execIn(
  config: KubeConfig,
  { namespace, pod, container }: Place,
  command: readonly string[],
  { stdin, endsItself = false, hangUpMs, timeoutMs = DEFAULT_TIMEOUT_MS, onOutput }: ExecOptions = {},
): Promise<Executed> {
  const query = new URLSearchParams({ container, stdout: 'true', stderr: 'true' });
  if (stdin !== undefined) query.set('stdin', 'true');
  for (const word of command) query.append('command', word);
  const output = { [STDOUT]: [] as Buffer[], [STDERR]: [] as Buffer[] };
  let bytes = 0;
  let status: unknown;
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`;
  const socket = await openSocket(config, path, (channel, data) => {
    if (channel === STATUS) {
      status = parsed(data);
      resolve();
    } else if (channel === STDOUT || channel === STDERR) {
      bytes += data.length;
      if (bytes > OUTPUT_LIMIT_BYTES) return reject(failure(command, 'its output is too large'));
      output[channel].push(data);
      if (data.length > 0) onOutput?.();
    }
  });
  const leaves = !socket.canEnd && hangUpMs !== undefined;
  const giveUp = () => reject(failure(command, `it took longer than ${timeoutMs / 1000} s`));
  const timer = leaves ? setTimeout(resolve, hangUpMs) : setTimeout(giveUp, timeoutMs);
  try {
    if (stdin !== undefined) {
      if (!socket.canEnd && !endsItself && hangUpMs === undefined)
        throw failure(command, 'this API server cannot be told where its standard input ends');
      if (stdin.length > 0) socket.send(STDIN, stdin);
      if (socket.canEnd) socket.send(CLOSE, Buffer.of(STDIN));
    }
    await Promise.race([ended, socket.closed]);
  } finally {
    clearTimeout(timer);
    socket.close();
  }
  const stdout = Buffer.concat(output[STDOUT]);
  const stderr = Buffer.concat(output[STDERR]);
  if (leaves && status === undefined) return { exitCode: LEFT, stdout, stderr };
  const exitCode = exitCodeOf(status);
  if (typeof exitCode === 'number') return { exitCode, stdout, stderr };
  if (NO_SUCH_PROGRAM.test(exitCode)) return { exitCode: NOT_FOUND, stdout, stderr: Buffer.from(exitCode) };
  throw failure(command, exitCode);
}

/** No exit code of any program. */
export const LEFT = -1;

/** runc's and crun's words. */
const NO_SUCH_PROGRAM = /executable file not found|no such file or directory/i;

/** The exit code, or why there is none. Shape: `v1.Status` with the code as the message of the cause `ExitCode`. */
function exitCodeOf(status: unknown): number | string {
  const { status: word, reason, message, details } = objectOr(status);
  if (word === 'Success') return 0;
  const causes = listOf(objectOr(details).causes).map(objectOr);
  const code = Number(causes.find((cause) => cause.reason === 'ExitCode')?.message);
  if (reason === 'NonZeroExitCode' && Number.isInteger(code)) return code;
  return textOf(message) ?? 'the connection was closed before it ended';
}

function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Of a command, which may be a whole script. */
const TOLD_CHARACTERS = 80;

function failure(command: readonly string[], reason: string): Failure {
  return new Failure(
    'cluster-refused',
    `The command ${command.join(' ').slice(0, TOLD_CHARACTERS)} failed: ${reason}.`,
  );
}
