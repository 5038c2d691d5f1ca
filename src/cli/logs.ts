/** `--logs`: reads the logs of failing pods and finds out which container of which workload each belongs to. */
import { createReadStream, existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { Failure } from '../failure.ts';
import { type ContainerLog, splitLog } from '../observe/collectors/log-envelope.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';

/** Bytes of one log that are read, from its beginning: a server that fails says why while it starts. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/** One word of `--logs`. */
interface LogSource {
  /** Given as `CONTAINER=FILE`. */
  readonly container: string | undefined;
  readonly file: string;
}

/** By workload and container name. */
export type WorkloadLogs = ReadonlyMap<Workload, ReadonlyMap<string, string>>;

/**
 * Reads every source and sorts its lines by container: by the name that was given, by what the lines say, by what the
 * file is called, or because there is only one.
 * Throws Failure('bad-usage') where a log cannot be assigned, Failure('file-unreadable') where there is none.
 */
export async function readLogs(
  words: readonly string[],
  workloads: readonly Workload[],
  io: Io,
): Promise<WorkloadLogs> {
  const logs = new Map(workloads.map((workload): [Workload, Map<string, string>] => [workload, new Map()]));
  const strangers: string[] = [];
  for (const source of words.map(logSource)) {
    const named = source.container === undefined ? nameOfFile(source.file) : { container: source.container };
    for (const log of splitLog(await textOf(source.file, io))) {
      // What was named is one of several containers in this file: the others' lines are not meant.
      if (source.container !== undefined && (log.container ?? source.container) !== source.container) continue;
      const from: Origin =
        source.container === undefined ? { ...named, ...present(log) } : { ...present(log), ...named };
      const owner = ownerOf(from, workloads);
      if (owner === undefined && from.container !== undefined && source.container === undefined) {
        strangers.push(from.container);
        continue;
      }
      if (owner === undefined) throw unassigned(source, workloads);
      const own = logs.get(owner.workload)!;
      own.set(owner.container, `${own.get(owner.container) ?? ''}${log.text}`);
    }
  }
  for (const name of new Set(strangers)) {
    io.err(`note: lines of a container ${io.visible(name)}, which the manifest does not have, are passed over\n`);
  }
  return logs;
}

/** `CONTAINER=FILE` or `FILE`; a file that is there under the whole word is meant itself. */
function logSource(word: string): LogSource {
  const match = /^(?<container>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)=(?<file>.+)$/u.exec(word);
  if (!match || existsSync(word)) return { container: undefined, file: word };
  return { container: match.groups!.container, file: match.groups!.file! };
}

interface Origin {
  readonly pod?: string;
  readonly container?: string;
}

const present = ({ pod, container }: ContainerLog): Origin => ({
  ...(pod === undefined ? {} : { pod }),
  ...(container === undefined ? {} : { container }),
});

/** What a node calls the files: `containers/POD_NAMESPACE_CONTAINER-ID.log`, `pods/NAMESPACE_POD_UID/CONTAINER/0.log`. */
function nameOfFile(file: string): Origin {
  const link = /^(?<pod>[a-z0-9.-]+)_[a-z0-9-]+_(?<container>[a-z0-9-]+)-[0-9a-f]{64}\.log$/u.exec(basename(file));
  if (link) return { ...link.groups };
  const folder = /^[a-z0-9-]+_(?<pod>[a-z0-9.-]+)_[0-9a-f-]{32,36}$/u.exec(basename(dirname(dirname(file))));
  if (folder && /^\d+\.log$/.test(basename(file)))
    return { pod: folder.groups!.pod!, container: basename(dirname(file)) };
  return {};
}

/** The container that a log belongs to; undefined: none, or more than one that it could be. */
function ownerOf({ pod, container }: Origin, workloads: readonly Workload[]) {
  const candidates = workloads.flatMap((workload) => {
    const own = workload.containers.filter(({ role }) => role !== 'ephemeral');
    const named = container === undefined ? own : own.filter(({ name }) => name === container);
    return named.map(({ name }) => ({ workload, container: name }));
  });
  if (candidates.length <= 1) return candidates[0];
  // A pod is called after what made it, with a suffix.
  const ofPod = candidates.filter(
    ({ workload }) => pod !== undefined && (pod === workload.name || pod.startsWith(`${workload.name}-`)),
  );
  const longest = Math.max(...ofPod.map(({ workload }) => workload.name.length));
  const best = ofPod.filter(({ workload }) => workload.name.length === longest);
  return best.length === 1 ? best[0] : undefined;
}

function unassigned({ container, file }: LogSource, workloads: readonly Workload[]): Failure {
  const names = [...new Set(workloads.flatMap((workload) => workload.containers.map(({ name }) => name)))];
  const what =
    container === undefined
      ? `--logs ${file}: its lines do not say which container they are of.`
      : `--logs ${container}=${file}: no container, or more than one, is called ${container}.`;
  return new Failure('bad-usage', what, {
    hint: `give --logs CONTAINER=FILE for each of ${names.join(', ')}, or what kubectl logs --all-containers --prefix prints`,
  });
}

async function textOf(file: string, io: Io): Promise<string> {
  const stream = file === '-' ? io.stdin : createReadStream(file);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of stream) {
      const bytes = Buffer.from(piece);
      pieces.push(bytes);
      size += bytes.length;
      if (size > MAX_LOG_BYTES) {
        io.err(`note: ${io.visible(file)}: only its first ${MAX_LOG_BYTES / 1024 / 1024} MiB are read\n`);
        break;
      }
    }
  } catch (error) {
    throw new Failure('file-unreadable', `${file}: ${(error as Error).message}`, { cause: error });
  }
  return Buffer.concat(pieces).subarray(0, MAX_LOG_BYTES).toString('utf8');
}
