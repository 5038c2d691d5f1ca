/** `petrify prove`: runs a workload in a sandbox or in a cluster, attacks it, and prints the proof. */
import type { EngineChoice } from '../../engine/connect.ts';
import { Failure } from '../../failure.ts';
import { hostReach } from '../../prove/host-reach.ts';
import { proveWorkload } from '../../prove/prove.ts';
import { renderProofs } from '../../report/json.ts';
import { renderProofText } from '../../report/proof-text.ts';
import { styleFor } from '../../report/style.ts';
import { writeOutput } from '../../source/write.ts';
import { eachWorkload, sayFailed, timeLimitMs } from '../each-workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from '../exit-codes.ts';
import { type Input, readInput, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { type ClusterProofOptions, type Proven, proveAtCluster, refuseClusterOptions } from '../prove-in-cluster.ts';
import { withEngine } from '../with-engine.ts';

export interface ProveCommandOptions extends ClusterProofOptions {
  readonly engine: EngineChoice | 'kubernetes' | 'none';
  readonly format: 'text' | 'json';
  readonly hostAttacks?: boolean;
  readonly output?: string;
}

/** Exit code: 2 when something could not be read, 1 when a container is not proven, else 0. */
export async function prove(path: string, options: ProveCommandOptions, io: Io): Promise<number> {
  const { engine: choice } = options;
  if (choice === 'none') {
    throw new Failure('bad-usage', 'prove attacks a running container, so it needs an engine.', {
      hint: 'petrify check judges a manifest without running it',
    });
  }
  refuseClusterOptions(options);
  const input = await readInput([path], io);
  requireWorkloads(input, [path], io);
  const { done, failed } =
    choice === 'kubernetes'
      ? await proveAtCluster(path, input, options, io)
      : await proveInSandbox(path, input, { ...options, engine: choice }, io);
  const proofs = done.flat();
  if (options.format === 'json' && proofs.length > 0) io.out(renderProofs(proofs));
  else for (const proof of proofs) io.out(renderProofText(proof, styleFor(io.colour.out)));
  if (options.output !== undefined && proofs.length > 0) {
    writeOutput(options.output, renderProofs(proofs));
    io.err(`proof written to ${io.visible(options.output)}\n`);
  }
  sayFailed(failed, io);
  sayUnreadable(input, io);
  if (input.unreadable.length > 0 || failed.length > 0) return EXIT_CANNOT_RUN;
  return proofs.every(({ verdict }) => verdict === 'proven') ? EXIT_HOLDS : EXIT_FINDINGS;
}

async function proveInSandbox(
  path: string,
  input: Input,
  { engine: choice, hostAttacks }: { readonly engine: EngineChoice; readonly hostAttacks?: boolean },
  io: Io,
): Promise<Proven> {
  const documents = input.documents.map(({ value }) => value);
  return withEngine(choice, io, `proving ${path}`, ({ engine, run, signal, progress }) =>
    eachWorkload(input.workloads, { signal, limitMs: timeLimitMs(undefined) }, (workload, signal) => {
      for (const sentence of hostReach(workload)) progress.pause(() => io.err(`note: ${io.visible(sentence)}\n`));
      return proveWorkload(engine, workload, {
        run,
        documents,
        hostAttacks: hostAttacks === true,
        signal,
        progress: (line) => progress.update(line),
        onAttempt: ({ id, outcome }) => progress.update(`${workload.name}: ${id} ${outcome}`),
      });
    }),
  );
}
