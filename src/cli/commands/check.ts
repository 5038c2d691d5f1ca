/** `petrify check`: reads manifests, judges every workload, prints the findings. */
import { controls } from '../../controls/index.ts';
import { judge, type WorkloadVerdict } from '../../controls/verdict.ts';
import type { CheckResult } from '../../report/check-result.ts';
import { renderCheck } from '../../report/json.ts';
import { styleFor } from '../../report/style.ts';
import { renderCheckText } from '../../report/text.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { readInput, requireWorkloads } from '../input.ts';
import type { Io } from '../io.ts';

export interface CheckOptions {
  readonly format: 'text' | 'json';
}

/** Exit code: 2 when something could not be read, else 1 when there are findings, else 0. */
export async function check(paths: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const workloads: WorkloadVerdict[] = [];
  const input = await readInput(paths, io, (workload) => workloads.push(judge(workload)));
  if (input.unreadable.length === 0) requireWorkloads(input, paths, io);
  const result: CheckResult = { workloads, unreadable: input.unreadable, controls };
  io.out(options.format === 'json' ? renderCheck(result) : renderCheckText(result, styleFor(io.colour.out)));
  if (input.unreadable.length > 0) return EXIT_CANNOT_RUN;
  const found = workloads.some(({ containers }) => containers.some(({ findings }) => findings.length > 0));
  return found ? EXIT_FINDINGS : EXIT_HOLDS;
}
