/** What `observe --logs` and `harden --logs` share: each workload with what its logs say, said on stderr. */
import { Failure } from '../failure.ts';
import { type FromLogs, type FromLogsOptions, hardenFromLogs } from '../harden/from-logs.ts';
import { renderFromLogsText } from '../report/from-logs-text.ts';
import { styleFor } from '../report/style.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';
import { readLogs } from './logs.ts';

/**
 * The workloads that the logs speak of, planned from them alone; nothing is run.
 * @param paths what else the command reads: standard input can be only one of them
 */
export async function fromLogs(
  workloads: readonly Workload[],
  words: readonly string[],
  paths: readonly string[],
  io: Io,
  options: FromLogsOptions = {},
): Promise<FromLogs[]> {
  const stdins = [...paths, ...words.map((word) => word.replace(/^[a-z0-9-]+=(?=-$)/, ''))].filter(
    (one) => one === '-',
  );
  if (stdins.length > 1) {
    throw new Failure('bad-usage', 'Standard input can be the manifest or one log, not more.', {
      hint: 'write one of them to a file',
    });
  }
  const logs = await readLogs(words, workloads, io);
  return workloads.flatMap((workload) => {
    const own = logs.get(workload);
    if (own !== undefined && own.size > 0) return [hardenFromLogs(workload, own, options)];
    io.err(`${io.visible(`${workload.kind} ${workload.name}`)}: no line of a log of it; left as it is\n`);
    return [];
  });
}

/** Says of each what was planned, what is not known, and how to go on. */
export function sayFromLogs(results: readonly FromLogs[], io: Io): void {
  for (const result of results) io.err(renderFromLogsText(result, styleFor(io.colour.err)));
}
