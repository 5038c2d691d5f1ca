/** Have the interpreters of the image run a script from a writable place, or from their command line. */
import type { Attack, ProbeTry } from '../attack.ts';
import { execution, newName } from '../dropping.ts';
import { call, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY } from '../probe/syscalls.ts';
import { scratchDirectory } from '../scratch.ts';
import type { Target } from '../target.ts';

const SCRIPT_EXIT_CODE = 43;

interface Interpreter {
  /** Where it is looked for. */
  readonly paths: readonly string[];
  /** A script that ends with the exit code, and the words with which it is given on the command line. */
  readonly script: string;
  readonly inline: readonly string[];
}

const bin = (name: string) => [`/usr/bin/${name}`, `/usr/local/bin/${name}`];

const INTERPRETERS: readonly Interpreter[] = [
  { paths: ['/bin/sh'], script: `exit ${SCRIPT_EXIT_CODE}`, inline: ['-c'] },
  { paths: bin('perl'), script: `exit ${SCRIPT_EXIT_CODE};`, inline: ['-e'] },
  { paths: bin('python3'), script: `raise SystemExit(${SCRIPT_EXIT_CODE})`, inline: ['-c'] },
  { paths: bin('ruby'), script: `exit ${SCRIPT_EXIT_CODE}`, inline: ['-e'] },
  { paths: [...bin('node'), '/nodejs/bin/node'], script: `process.exit(${SCRIPT_EXIT_CODE})`, inline: ['-e'] },
  { paths: bin('php'), script: `<?php exit(${SCRIPT_EXIT_CODE});`, inline: [] },
  { paths: bin('lua'), script: `os.exit(${SCRIPT_EXIT_CODE})`, inline: ['-e'] },
];
/** Each takes some milliseconds to start; a runtime that brings its own machine takes more. */
const TRIED = 4;

function runFile(target: Target, path: string, script: string, directory: string): ProbeTry {
  const name = newName(target, directory, '.script');
  const content = Buffer.from(`${script}\n`);
  const created = call('openat', AT_FDCWD, name, O_WRONLY | O_CREAT | O_EXCL, 0o644);
  const wrote = call('write', resultOf(created), content, content.length);
  const run = execution(SCRIPT_EXIT_CODE, path, [path, name], []);
  const removed = call('unlinkat', AT_FDCWD, name, 0);
  const program = [created, wrote, call('close', resultOf(created)), ...run.calls, removed];
  const step = { program, decisive: [created, wrote], execution: { ...run.execution, required: true } };
  return { place: path, gain: 'residual', ...step };
}

function runInline(path: string, script: string, options: readonly string[]): ProbeTry {
  const run = execution(SCRIPT_EXIT_CODE, path, [path, ...options, script], []);
  return {
    place: path,
    gain: 'residual',
    program: run.calls,
    decisive: [],
    execution: { ...run.execution, required: true },
    won: `${path} ran a script from its command line; no writable place is needed`,
  };
}

const attack: Attack = {
  id: 'run-script',
  title: 'Run a script by an interpreter of the image',
  family: 'code',
  technique: 'T1609',
  why: 'An interpreter only reads its script, so a mount without execution does not stop it. An image without interpreters does.',
  stoppedBy: [],
  harmless: false,
  looksAt: INTERPRETERS.flatMap(({ paths }) => paths),
  opens: {
    kind: 'technique',
    what: 'interpreter',
    why: 'an interpreter of the image runs a script from any writable place, also from one that is noexec, or from its command line',
  },
  plan(target) {
    const scratch = scratchDirectory(target);
    const found = INTERPRETERS.flatMap(({ paths, script, inline }) => {
      const path = paths.find((one) => target.paths.get(one)?.kind === 'file');
      return path === undefined ? [] : [{ path, script, inline }];
    });
    const tried = found.slice(0, TRIED).map(({ path, script, inline }) => {
      return scratch === undefined ? runInline(path, script, inline) : runFile(target, path, script, scratch);
    });
    const reason = 'no interpreter was found in the image (sh, perl, python3, ruby, node, php, lua)';
    return { tries: tried, skipped: found.length === 0 ? [{ place: '', reason }] : [] };
  },
};

export default attack;
