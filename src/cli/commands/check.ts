/** `petrify check`: reads manifests, judges every workload, prints the findings. */
import { Readable } from 'node:stream';
import { check as checkManifests } from '../../check/check.ts';
import { crewFor } from '../../check/crew.ts';
import { benchOf, type Order } from '../../check/order.ts';
import { fails } from '../../check/tally.ts';
import { Failure } from '../../failure.ts';
import type { Tally } from '../../report/check-result.ts';
import type { FormatName } from '../../report/format.ts';
import { count } from '../../report/lines.ts';
import { askedFor, type RuleOptions } from '../check-rules.ts';
import { interruptible, refuseMixed, type SourceOptions, sourceFor } from '../check-source.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { imagesFrom } from '../images.ts';
import { noWorkloads } from '../input.ts';
import type { Io } from '../io.ts';
import type { ReportFile } from '../report-file.ts';
import { version } from '../version.ts';

export interface CheckOptions extends RuleOptions, SourceOptions {
  readonly format: FormatName;
  readonly output?: string;
  readonly images?: readonly string[];
}

/** Exit code: 2 when something could not be read, else 1 when findings count, else 0. */
export async function check(paths: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  refuseMixed(paths, options);
  const { rules, settled, notices, findings } = await askedFor(options, io);
  const images = await imagesFrom(options.images ?? [], io);
  const colour = io.colour.out && options.output === undefined;
  const order: Order = { rules, images, format: options.format, colour, version: version() };
  const bench = await benchOf(order);
  const file = await fileFor(options.output);
  const interruption = interruptions(io);
  try {
    const source = await sourceFor(paths, options, settled, io, interruption.signal, bench.kinds);
    const items = interruptible(source, notices, interruption.signal);
    const print = file === undefined ? io.out : file.print;
    const checked = await checkManifests(items, bench, print, crewFor(order, bench), findings);
    const { tally, unreadable, otherKinds, ledger } = checked;
    if (judgedCount(tally) === 0 && unreadable.length === 0) {
      if (options.diffFrom === undefined) throw noWorkloads(options.cluster ? ['the cluster'] : paths, otherKinds);
      io.err(`petrify: nothing that makes pods changed since ${io.visible(options.diffFrom)}\n`);
      return EXIT_HOLDS;
    }
    file?.keep();
    if (options.output !== undefined) io.err(`petrify: ${summary(tally)}: ${io.visible(options.output)}\n`);
    if (unreadable.length > 0) return cannotRead(options, io);
    if (options.recordKnown === undefined) return fails(tally, rules.failOn) ? EXIT_FINDINGS : EXIT_HOLDS;
    const { knownText } = await import('../../settings/known.ts');
    const { writeOutput } = await import('../../source/write.ts');
    writeOutput(options.recordKnown, knownText(ledger));
    io.err(`petrify: ${count(total(ledger.found), 'finding')} recorded in ${io.visible(options.recordKnown)}\n`);
    return EXIT_HOLDS;
  } finally {
    file?.drop();
    interruption.end();
  }
}

/** Loaded only where there is one: it takes `node:crypto`, and that as long as judging a small file. */
async function fileFor(output: string | undefined): Promise<ReportFile | undefined> {
  if (output === undefined) return undefined;
  const { reportFile } = await import('../report-file.ts');
  return reportFile(output);
}

/** What was not read would be missing from the record, and be new ever after. */
function cannotRead({ recordKnown }: CheckOptions, io: Io): number {
  if (recordKnown !== undefined) io.err('petrify: nothing was recorded, as not everything could be read\n');
  return EXIT_CANNOT_RUN;
}

const judgedCount = ({ objects, workloads }: Tally): number =>
  objects + workloads.mutable + workloads.bypassable + workloads.immutable;

function summary({ findings }: Tally): string {
  return count(findings.mutable + findings.bypassable + findings.immutable, 'finding');
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const one of counts.values()) sum += one;
  return sum;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ctrl-C and SIGTERM end what is read, and so everything else. */
function interruptions(io: Io): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    controller.abort(new Failure('interrupted', 'interrupted'));
    if (io.stdin instanceof Readable) io.stdin.destroy();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  return {
    signal: controller.signal,
    end() {
      for (const signal of SIGNALS) process.off(signal, interrupt);
    },
  };
}
