/** `petrify prove`: runs a workload in the sandbox, attacks it, and prints the proof. */
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
import { givenProfile, speaksOf } from '../given-profile.ts';
import { readInput, requireWorkloads, sayUnreadable } from '../input.ts';
import type { Io } from '../io.ts';
import { withEngine } from '../with-engine.ts';

export interface ProveCommandOptions {
  readonly engine: EngineChoice | 'kubernetes' | 'none';
  readonly format: 'text' | 'json';
  readonly hostAttacks?: boolean;
  readonly output?: string;
  readonly profile?: string;
}

/** Exit code: 2 when something could not be read, 1 when a container is not proven, else 0. */
export async function prove(path: string, options: ProveCommandOptions, io: Io): Promise<number> {
  const { engine: choice } = options;
  if (choice === 'none') {
    throw new Failure('bad-usage', 'prove attacks a running container, so it needs an engine.', {
      hint: 'petrify check judges a manifest without running it',
    });
  }
  if (choice === 'kubernetes') {
    throw new Failure('bad-usage', 'prove attacks only in a sandbox of Docker or Podman, never in a cluster.', {
      hint: 'beside the pod it runs a twin with weakened controls, which no cluster should be given',
    });
  }
  const input = await readInput([path], io);
  requireWorkloads(input, [path], io);
  const documents = input.documents.map(({ value }) => value);
  const profile = options.profile === undefined ? undefined : givenProfile(options.profile, input.workloads);
  const { done, failed } = await withEngine(choice, io, `proving ${path}`, ({ engine, run, signal, progress }) =>
    eachWorkload(input.workloads, { signal, limitMs: timeLimitMs(undefined) }, (workload, signal) => {
      for (const sentence of hostReach(workload)) progress.pause(() => io.err(`note: ${io.visible(sentence)}\n`));
      return proveWorkload(engine, workload, {
        run,
        documents,
        hostAttacks: options.hostAttacks === true,
        ...(profile !== undefined && speaksOf(profile, workload) ? { profile } : {}),
        signal,
        progress: (line) => progress.update(line),
        onAttempt: ({ id, outcome }) => progress.update(`${workload.name}: ${id} ${outcome}`),
      });
    }),
  );
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
