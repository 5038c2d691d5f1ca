/** `npm run demo`: the main job on examples/nginx, step by step, with the same commands that a user would type. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT_CANNOT_RUN, EXIT_INTERRUPTED } from '../src/cli/exit-codes.ts';
import { type Io, processIo } from '../src/cli/io.ts';
import { main } from '../src/cli/main.ts';
import { withEngine } from '../src/cli/with-engine.ts';
import { connectEngine } from '../src/engine/connect.ts';
import type { Engine } from '../src/engine/engine.ts';
import { runPod } from '../src/engine/sandbox.ts';
import { Failure } from '../src/failure.ts';
import { readDocuments } from '../src/manifest/read.ts';
import { refusedWrites } from '../src/observe/collectors/log-lines.ts';
import { styleFor } from '../src/report/style.ts';
import { findWorkloads } from '../src/workload/find.ts';
import { readOnlyRootAlone } from '../src/workload/variant.ts';

const root = join(import.meta.dirname, '..');
const deployment = 'examples/nginx/deployment.yaml';
const privileged = 'examples/nginx/privileged.yaml';
const output = 'demo-output';
const hardened = join(output, 'deployment.yaml');

const io = processIo();
const style = styleFor(io.colour.out);

function heading(number: number, title: string, words: string): void {
  io.out(`\n${style.strong(`── ${number}. ${title} `.padEnd(78, '─'))}\n${words}\n\n`);
}

/** Runs a command as a user would type it. Exit codes are part of the story: they are shown, and checked. */
async function petrify(args: readonly string[], expected: number): Promise<void> {
  io.out(`${style.faint(`$ petrify ${args.join(' ')}`)}\n`);
  const code = await main(args, io);
  if (code === EXIT_INTERRUPTED) process.exit(code);
  if (code !== expected) throw new Error(`petrify ${args.join(' ')} ended with ${code}; the demo expects ${expected}`);
}

async function engineOrNone(io: Io): Promise<Engine | undefined> {
  try {
    return await connectEngine('auto', io.env);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Sets the boolean and nothing else, as every autofixer does, and shows what comes of it. */
async function naiveFix(): Promise<void> {
  const text = { file: deployment, text: readFileSync(deployment, 'utf8') };
  const workload = readDocuments(text).documents.flatMap(findWorkloads)[0]!;
  await withEngine('auto', io, 'starting nginx with a read-only root', async ({ engine, run, signal }) => {
    const pod = await runPod(engine, readOnlyRootAlone(workload), { run, signal, documents: [] });
    const log = await pod.logs(pod.containers[0]!);
    await pod.remove();
    if (pod.outcome.ready)
      throw new Error('nginx became ready although it could not write: the demo expects otherwise');
    io.out(`  not ready: ${pod.outcome.reason}\n  its log says why:\n`);
    const refused = refusedWrites(log, { workingDir: '/' });
    for (const { detail } of refused) io.out(`    ${style.problem(io.visible(detail))}\n`);
    if (refused.length === 0) throw new Error('nginx did not log the refused write: the demo expects it');
  });
}

async function withContainers(engine: Engine): Promise<void> {
  const { name, version, address } = engine.info;
  io.out(`Containers run for real, on ${name} ${version} at ${address}.\n`);

  heading(1, 'check', 'An ordinary nginx. What makes it changeable, each reason at its line:');
  await petrify(['check', deployment], 1);

  heading(
    2,
    'the naive fix',
    'Every autofixer sets `readOnlyRootFilesystem: true` and stops there. That breaks nginx:',
  );
  await naiveFix();

  heading(3, 'observe', 'So what must it write? Petrify runs it and watches:');
  await petrify(['observe', deployment], 0);

  heading(4, 'harden', 'Volumes exactly there, the least privileges that work; it is run before it is shown:');
  await petrify(['harden', '--diff', '--output', output, deployment], 0);

  heading(5, 'prove', 'Now somebody tries to change it:');
  await petrify(['prove', hardened, '--proof', join(output, 'web.proof.json')], 0);

  heading(
    6,
    'privileged undoes it',
    'The same read-only root, but `privileged: true`. To show what that means, the next command changes\n' +
      'vm.swappiness of THIS machine for a moment; the old value is journalled first and put back.',
  );
  await petrify(['prove', privileged, '--host-attacks', '--proof', join(output, 'web-privileged.proof.json')], 1);
}

async function withoutContainers(): Promise<void> {
  io.out('No container engine answers: NOTHING IS RUN AND NOTHING IS PROVEN below.\n');
  io.out('What follows is what the manifest says, and what the embedded catalogue knows of the image.\n');

  heading(1, 'check', 'An ordinary nginx. What makes it changeable, each reason at its line:');
  await petrify(['check', deployment], 1);

  heading(2, 'observe', 'What the catalogue knows of images of nginx, each path with its source:');
  await petrify(['observe', '--engine', 'none', deployment], 0);

  heading(3, 'harden', 'A plan from that alone. Whether it works is not known:');
  await petrify(['harden', '--engine', 'none', '--diff', '--output', output, deployment], 0);
}

async function demo(): Promise<void> {
  process.chdir(root);
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const engine = await engineOrNone(io);
  if (engine) await withContainers(engine);
  else await withoutContainers();
  const left = engine
    ? 'the hardened manifest, its ImmutabilityProfile and both proofs (JSON)'
    : 'the planned manifest and what the catalogue says of it; nothing was run or proven';
  io.out(`\n${style.strong(`Left in ${output}/`)}: ${left}.\n`);
}

try {
  await demo();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  io.err(`\ndemo: ${io.visible(error.message)}\n${error.hint ? `  hint: ${io.visible(error.hint)}\n` : ''}`);
  process.exitCode = error.code === 'interrupted' ? EXIT_INTERRUPTED : EXIT_CANNOT_RUN;
}
