/** What each `npm run` of the checkout needs, and what it then runs. */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBrowser } from './browser.ts';
import { ensureEngine } from './engine.ts';
import { ensureImages } from './images.ts';
import { say } from './terminal.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** A TypeScript file of the checkout as a command line. */
const script = (file: string, ...args: readonly string[]) => [process.execPath, join(root, file), ...args];

/** `images` implies an engine, and installs one where it may; `found` only uses or starts what is there already. */
type EngineNeed = 'none' | 'found' | 'images';

interface Command {
  readonly needs: EngineNeed;
  /** Its tests open a page in a browser, which is installed where it may be. */
  readonly browser?: true;
  /** Command lines, run one after the other until one fails. */
  lines(args: readonly string[]): readonly (readonly string[])[];
}

const unitTests = () => globSync('{src,setup}/**/*.test.ts', { cwd: root }).sort();
const containerTests = () => globSync('test/**/*.test.ts', { cwd: root }).sort();

const check = [
  ['biome', 'check', '--error-on-warnings', '.'],
  ['tsc', '--project', '.'],
  ['knip'],
  script('docs/generate.ts', '--check'),
];

const commands: Record<string, Command> = {
  demo: { needs: 'images', lines: (args) => [script('examples/demo.ts', ...args)] },
  petrify: { needs: 'found', lines: (args) => [script('src/cli/petrify.ts', ...args)] },
  check: { needs: 'none', lines: () => check },
  docs: { needs: 'none', lines: () => [script('docs/generate.ts')] },
  build: { needs: 'none', lines: () => [script('setup/build.ts')] },
  bench: { needs: 'none', lines: (args) => [script('bench/main.ts', ...args)] },
  test: {
    needs: 'images',
    lines: (args) =>
      args.length > 0
        ? [[process.execPath, '--test', ...args]]
        : [...check, [process.execPath, '--test', '--test-concurrency=2', ...unitTests(), ...containerTests()]],
  },
  'test:all': {
    needs: 'images',
    browser: true,
    lines: () => [
      ...check,
      [process.execPath, '--test', '--test-concurrency=2', ...unitTests(), ...containerTests()],
      [process.execPath, '--test', '--test-concurrency=1', ...globSync('test/**/*.long.ts', { cwd: root }).sort()],
    ],
  },
};

/** Runs one command line; resolves with its exit code. Ctrl-C reaches it from the terminal, so it is only waited for. */
function runLine([program, ...args]: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { cwd, env, stdio: 'inherit' });
    const forward = () => child.kill('SIGTERM');
    const wait = () => {};
    process.on('SIGTERM', forward).on('SIGINT', wait);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', forward).off('SIGINT', wait);
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
  });
}

/** Words of the program's command lines that need an engine (`check --images engine`); without one none must be started. */
const RUNNING = new Set(['observe', 'harden', 'prove', 'engine']);

/** Benchmarks that run containers. */
const BENCHES_WITH_CONTAINERS = new Set(['servers']);

/** What this call of a command needs; `command.needs` says it for most. */
function needsOf(name: string, command: Command, args: readonly string[]): EngineNeed {
  if (name === 'petrify' && !args.some((word) => RUNNING.has(word))) return 'none';
  if (name === 'bench' && BENCHES_WITH_CONTAINERS.has(args[0] ?? '')) return 'images';
  return command.needs;
}

async function engineEnvironment(needs: EngineNeed): Promise<Readonly<Record<string, string>>> {
  if (needs === 'none') return {};
  const { engine, env } = await ensureEngine({ install: needs === 'images' });
  if (needs === 'images' && engine) await ensureImages(engine);
  return env;
}

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  const command = commands[name];
  if (!command) {
    say(`No such command: ${name}. There are: ${Object.keys(commands).sort().join(', ')}.`);
    return 2;
  }
  if (command.browser) await ensureBrowser();
  const env = { ...process.env, ...(await engineEnvironment(needsOf(name, command, args))) };
  // Paths that a user gives are relative to where they called npm, everything else to the checkout.
  const cwd = name === 'petrify' ? (process.env.INIT_CWD ?? root) : root;
  for (const line of command.lines(args)) {
    const code = await runLine(line, env, cwd);
    if (code !== 0) return code;
  }
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  // What the set-up cannot do is said in a sentence; the commands behind it are processes of their own.
  say(`Set-up: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
