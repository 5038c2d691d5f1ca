/** `petrify check`: reads manifests, judges every workload, prints the findings. */
import { check as checkManifests } from '../../check/check.ts';
import { benchFor } from '../../check/judge-text.ts';
import type { FailOn, Rules } from '../../check/rules.ts';
import { fails } from '../../check/tally.ts';
import type { Level } from '../../controls/control.ts';
import { controls } from '../../controls/index.ts';
import { LATEST } from '../../controls/kubernetes-version.ts';
import { controlsById, type Format } from '../../report/check-result.ts';
import { jsonFormat } from '../../report/json.ts';
import { styleFor } from '../../report/style.ts';
import { textFormat } from '../../report/text.ts';
import { readSources } from '../../source/read.ts';
import type { Source } from '../../source/source.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { noWorkloads } from '../input.ts';
import type { Io } from '../io.ts';

export interface CheckOptions {
  readonly format: 'text' | 'json';
  readonly level: Level;
  readonly failOn: FailOn;
}

/** Exit code: 2 when something could not be read, else 1 when findings count, else 0. */
export async function check(paths: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  const rules: Rules = {
    level: options.level,
    failOn: options.failOn,
    target: LATEST,
    today: new Date().toISOString().slice(0, 10),
    off: new Set(),
    exceptions: [],
    known: undefined,
  };
  const bench = benchFor(rules, formatOf(options, io), controls, new Map());
  const report: string[] = [];
  const { tally, unreadable, otherKinds } = await checkManifests(sourceOf(paths, io), bench, (text) =>
    report.push(text),
  );
  const judged = tally.objects + Object.values(tally.workloads).reduce((sum, count) => sum + count, 0);
  if (judged === 0 && unreadable.length === 0) throw noWorkloads(paths, otherKinds);
  for (const text of report) io.out(text);
  if (unreadable.length > 0) return EXIT_CANNOT_RUN;
  return fails(tally, rules.failOn) ? EXIT_FINDINGS : EXIT_HOLDS;
}

function formatOf({ format }: CheckOptions, io: Io): Format {
  const controlOf = controlsById(controls);
  return format === 'json' ? jsonFormat(controlOf) : textFormat(controlOf, styleFor(io.colour.out));
}

async function* sourceOf(paths: readonly string[], io: Io): Source {
  const { texts, unreadable } = await readSources(paths, { stdin: io.stdin });
  for (const one of unreadable) yield { unreadable: one };
  for (const text of texts) yield { text };
}
