/** The hands of an attacker in one running container: probes, commands of the image, the engine's way to copy in. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecResult } from '../engine/engine.ts';
import type { RunningContainer, SandboxPod } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import type { Hands } from './attack.ts';
import { assemble } from './probe/assemble.ts';
import { decode } from './probe/decode.ts';
import { call, type Program } from './probe/program.ts';
import { type Architecture, AT_FDCWD } from './probe/syscalls.ts';
import { OWN_MOUNT } from './target.ts';

/** A probe makes some dozens of system calls: one that takes seconds hangs. */
const PROBE_TIMEOUT_MS = 20_000;
/** Of a probe whose output was lost whole. */
const TRIES = 3;
/** Of what the engine said when a probe did not run. */
const TOLD_BYTES = 300;

/** Executes a program's file; `directory` is the host's side of the runner's own mount. */
export function handsIn(
  pod: SandboxPod,
  inside: RunningContainer,
  directory: string,
  architecture: Architecture,
): Hands {
  let count = 0;
  const run = async (program: Program, execute: (command: readonly string[]) => Promise<ExecResult>) => {
    count += 1;
    // A probe is a file, as in a cluster (a ConfigMap); names differ because two containers share the directory.
    const name = `probe-${inside.id.slice(0, 12)}-${count}`;
    const file = join(directory, name);
    await writeFile(file, assemble(program, architecture), { flag: 'wx' });
    await chmod(file, 0o555);
    let executed = await execute([`${OWN_MOUNT}/${name}`]);
    // One that ran to its end has reported. A busy engine now and then loses what a command that ends at once has said;
    // what a probe does it also undoes, so that it can be made again.
    for (let times = 1; executed.exitCode === 0 && executed.stdout.length === 0 && times < TRIES; times += 1)
      executed = await execute([`${OWN_MOUNT}/${name}`]);
    const { exitCode, stdout, stderr } = executed;
    const report = exitCode === 0 ? decode(program, stdout) : undefined;
    if (report !== undefined) return report;
    const told = Buffer.concat([stderr, stdout]).toString('utf8', 0, TOLD_BYTES).trim();
    throw new Failure(
      'cannot-prove',
      `The probe did not report from container ${inside.container.name} (exit code ${exitCode}): ${told}`,
    );
  };
  return {
    probe: (program) => run(program, (command) => pod.exec(inside, command, { timeoutMs: PROBE_TIMEOUT_MS })),
    exec: (command, options) => pod.exec(inside, command, options),
    copyIn: (path, tar) => pod.engine.copyIn(inside.id, path, tar),
    async removeCopied(path) {
      await run([call('unlinkat', AT_FDCWD, path, 0)], (command) =>
        pod.engine.exec(inside.id, command, { timeoutMs: PROBE_TIMEOUT_MS, user: '0' }),
      );
    },
  };
}
