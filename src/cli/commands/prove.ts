/** `petrify prove`: runs a workload in a sandbox or in a cluster, attacks it, and prints the proof. */
import type { EngineChoice } from '../../engine/connect.ts';
import { Failure } from '../../failure.ts';
import { positionOf } from '../../manifest/position.ts';
import { attacks } from '../../prove/attacks/index.ts';
import { describeAttack } from '../../prove/describe.ts';
import { hostReach } from '../../prove/host-reach.ts';
import type { Proof } from '../../prove/proof.ts';
import { proveWorkload } from '../../prove/prove.ts';
import type { FormatName } from '../../report/format.ts';
import { renderProofReport } from '../../report/proof-format.ts';
import { renderProofs } from '../../report/proof-json.ts';
import { type Problem, type ProofPlace, type ProofReport, sumWords } from '../../report/proof-report.ts';
import { spanAt } from '../../report/span.ts';
import { styleFor } from '../../report/style.ts';
import { placeOf } from '../../report/words.ts';
import { writeOutput } from '../../source/write.ts';
import type { Workload } from '../../workload/workload.ts';
import { eachWorkload, type Failed, sayFailed, timeLimitMs } from '../each-workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { givenProfile, speaksOf } from '../given-profile.ts';
import { type Input, readInput, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import {
  type ClusterProofOptions,
  type Proven,
  proveAtCluster,
  refuseClusterOptions,
  type ToldOf,
} from '../prove-in-cluster.ts';
import { version } from '../version.ts';
import { withEngine } from '../with-engine.ts';

export interface ProveCommandOptions extends ClusterProofOptions {
  readonly engine: EngineChoice | 'kubernetes' | 'none';
  readonly format: FormatName;
  readonly hostAttacks?: boolean;
  /** Where the report goes; absent: standard output. */
  readonly output?: string;
  readonly profile?: string;
  /** Where the proof goes as well, as JSON. */
  readonly proof?: string;
}

/** Exit code: 2 when something could not be read or run, 1 when a container is not proven, else 0. */
export async function prove(path: string, options: ProveCommandOptions, io: Io): Promise<number> {
  const { engine: choice } = options;
  if (choice === 'none') {
    throw new Failure('bad-usage', 'prove attacks a running container, so it needs an engine.', {
      hint: 'petrify check judges a manifest without running it; prove --verify holds a proof against one',
    });
  }
  refuseClusterOptions(options);
  const input = await readInput([path], io);
  requireWorkloads(input, [path], io);
  const profile = options.profile === undefined ? undefined : givenProfile(options.profile, input.workloads);
  const told = (workload: Workload) => ({
    petrify: version(),
    ...(profile !== undefined && speaksOf(profile, workload) ? { profile } : {}),
  });
  const { done, failed } =
    choice === 'kubernetes'
      ? await proveAtCluster(path, input, options, told, io)
      : await proveInSandbox(path, input, { ...options, engine: choice }, told, io);
  const proved = done.flatMap(({ workload, proofs }) =>
    proofs.map((proof) => ({ proof, place: placeIn(workload, proof) })),
  );
  const report = {
    proved,
    problems: problemsOf(failed, input),
    attacks: attacks.map(describeAttack),
    version: version(),
  };
  await print(report, options, io);
  sayFailed(failed, io);
  sayUnreadable(input, io);
  return exitCodeOf(
    done.flatMap(({ proofs }) => proofs),
    failed.length + input.unreadable.length,
  );
}

/** `missed`: how much of the input was not attacked, because it could not be read or run. */
export function exitCodeOf(proofs: readonly Pick<Proof, 'verdict'>[], missed: number): number {
  if (missed > 0) return EXIT_CANNOT_RUN;
  return proofs.every(({ verdict }) => verdict === 'proven') ? EXIT_HOLDS : EXIT_FINDINGS;
}

async function print(report: ProofReport, { format, output, proof }: ProveCommandOptions, io: Io): Promise<void> {
  const text = await renderProofReport(format, report, styleFor(io.colour.out && output === undefined));
  if (output === undefined) io.out(text);
  else if (text !== '') {
    writeOutput(output, text);
    io.err(`petrify: ${sumWords(report)}: ${io.visible(output)}\n`);
  }
  if (proof === undefined || report.proved.length === 0) return;
  writeOutput(proof, renderProofs(report.proved.map((one) => one.proof)));
  io.err(`petrify: proof written to ${io.visible(proof)}\n`);
}

/** Where the name of the container stands. */
export function placeIn({ document, containers, source }: Workload, { workload }: Proof): ProofPlace {
  const container = containers.find(({ name }) => name === workload.container);
  const position = positionOf(document, [...(container?.path ?? []), 'name']);
  const place = placeOf(document, source.file, position);
  if (place.column === undefined) return place;
  const { start, end } = spanAt(document, position.offset);
  return { ...place, endColumn: place.column + Math.max(1, end - start) };
}

function problemsOf(failed: readonly Failed[], { unreadable }: Input): readonly Problem[] {
  const notRun = failed.map(({ workload, failure }): Problem => {
    const { file, line } = workload.source;
    const { message, hint } = failure;
    return {
      file,
      line,
      message: `${workload.kind} ${workload.name}: ${message}`,
      ...(hint === undefined ? {} : { hint }),
    };
  });
  return [...notRun, ...unreadable];
}

async function proveInSandbox(
  path: string,
  input: Input,
  { engine: choice, hostAttacks }: { readonly engine: EngineChoice; readonly hostAttacks?: boolean },
  told: ToldOf,
  io: Io,
): Promise<Proven> {
  const documents = input.documents.map(({ value }) => value);
  return withEngine(choice, io, `proving ${path}`, ({ engine, run, signal, progress }) =>
    eachWorkload(input.workloads, { signal, limitMs: timeLimitMs(undefined) }, async (workload, signal) => {
      for (const sentence of hostReach(workload)) progress.pause(() => io.err(`note: ${io.visible(sentence)}\n`));
      const proofs = await proveWorkload(engine, workload, {
        ...told(workload),
        run,
        documents,
        hostAttacks: hostAttacks === true,
        signal,
        progress: (line) => progress.update(line),
        onAttempt: ({ id, outcome }) => progress.update(`${workload.name}: ${id} ${outcome}`),
      });
      return { workload, proofs };
    }),
  );
}
