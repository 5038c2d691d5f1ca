/** The hands of an attacker in a container of a cluster: probes through the runner, commands, and what the API server does. */
import type { Cluster } from '../cluster/client.ts';
import type { Executed, Place } from '../cluster/exec.ts';
import { Failure } from '../failure.ts';
import type { Hands } from './attack.ts';
import type { Outside } from './outside.ts';
import { assemble } from './probe/assemble.ts';
import { decode } from './probe/decode.ts';
import { NOT_EXECUTABLE, NOT_LOADED } from './probe/runner.ts';
import type { Architecture } from './probe/syscalls.ts';
import { OWN_MOUNT } from './target.ts';

/** A probe makes some dozens of system calls; the way to the node takes longer. */
const PROBE_TIMEOUT_MS = 20_000;
/** Of what was said when a probe did not run. */
const TOLD_BYTES = 300;

/** The file of the runner for an architecture, below Petrify's own mount. */
export const runnerName = (architecture: Architecture) => `run-${architecture}`;

const noEngine = async () => {
  throw new Failure('cannot-prove', 'There is no engine to ask in a cluster.');
};
/** What only an engine's API does. */
export const WITHOUT_ENGINE: Pick<Hands, 'copyIn' | 'removeCopied'> = { copyIn: noEngine, removeCopied: noEngine };

export function handsInCluster(cluster: Cluster, place: Place, architecture: Architecture, outside: Outside): Hands {
  const command = [`${OWN_MOUNT}/${runnerName(architecture)}`];
  return {
    async probe(program) {
      const options = { stdin: assemble(program, architecture), endsItself: true, timeoutMs: PROBE_TIMEOUT_MS };
      const executed = await cluster.exec(place, command, options).catch((error: unknown) => {
        throw error instanceof Failure ? didNotReport(place, error.message) : error;
      });
      const report = executed.exitCode === 0 ? decode(program, executed.stdout) : undefined;
      if (report === undefined) throw didNotReport(place, reasonOf(executed));
      return report;
    },
    exec: (words, options) => cluster.exec(place, words, { ...options, endsItself: true }),
    ...WITHOUT_ENGINE,
    outside,
  };
}

function didNotReport({ container }: Place, reason: string): Failure {
  return new Failure('cannot-prove', `The probe did not report from container ${container}: ${reason}`);
}

function reasonOf({ exitCode, stdout, stderr }: Executed): string {
  if (exitCode === NOT_EXECUTABLE)
    return 'the container may not execute memory that it has written (a security module or a seccomp filter forbids it), and a probe is brought into it in no other way.';
  if (exitCode === NOT_LOADED) return 'the probe did not reach it whole, or it has no memory for it.';
  return `exit code ${exitCode}: ${Buffer.concat([stderr, stdout]).toString('utf8', 0, TOLD_BYTES).trim()}`;
}
