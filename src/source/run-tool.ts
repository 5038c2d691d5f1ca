/** Runs somebody else's program on a stranger's files: bounded in time, memory and output, without a network, and gone afterwards. */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

export interface ToolLimits {
  readonly milliseconds: number;
  readonly outputBytes: number;
}

export const TOOL_LIMITS: ToolLimits = { milliseconds: 60_000, outputBytes: 64 * 1024 * 1024 };

/** Address space of a tool, in KiB: a template that makes endless lists fails in it, not on the machine. */
const MAX_MEMORY_KIB = 3 * 1024 * 1024;
/** Of what a tool says when it fails, in characters. */
const MAX_COMPLAINT = 2_000;

export interface ToolRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly allowNetwork: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Variables that the tool needs, made for its own empty folder. */
  readonly variables: (folder: string) => Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly limits?: ToolLimits | undefined;
}

/** What it printed; or why there is nothing, as the end of a sentence that begins with its name. */
export type ToolResult = { readonly output: Buffer } | { readonly failure: string };

/** The first executable of that name on the PATH of `env`; relative folders on it are passed over: they may be a stranger's. */
export function programOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not there: the next folder may have it.
    }
  }
  return undefined;
}

/** Ways into a network namespace with no interface but an idle loopback, the simplest first. */
const WAYS: readonly (readonly string[])[] = [['--net'], ['--user', '--map-root-user', '--net']];

const waysKnown = new Map<string, readonly string[] | undefined>();

/** The command that runs another one without any network, where this machine allows it. */
export function withoutNetwork(env: NodeJS.ProcessEnv): readonly string[] | undefined {
  const unshare = programOnPath('unshare', env);
  if (unshare === undefined || process.platform !== 'linux') return undefined;
  if (!waysKnown.has(unshare)) {
    const way = WAYS.find((flags) => spawnSync(unshare, [...flags, '/bin/sh', '-c', ':'], QUIET).status === 0);
    waysKnown.set(unshare, way && [unshare, ...way]);
  }
  return waysKnown.get(unshare);
}

const QUIET = { stdio: 'ignore', timeout: 5_000 } as const;

/** Where there is no namespace: nothing listens on the discard port of this machine. */
const NOWHERE = 'http://127.0.0.1:9';
const DEAD_PROXIES = { HTTP_PROXY: NOWHERE, HTTPS_PROXY: NOWHERE, ALL_PROXY: NOWHERE, NO_PROXY: '' };

const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** What the tool may see of the environment: nothing, or what leads to the network if that is allowed. */
function environment({ env, allowNetwork }: ToolRun): Record<string, string> {
  if (!allowNetwork) return { ...DEAD_PROXIES };
  const names = ['PATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR', ...PROXY_VARIABLES];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Runs the tool in a process group of its own with an empty folder as its home; both are gone when this resolves. */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-tool-'));
  try {
    return await runIn(folder, run);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

function runIn(folder: string, run: ToolRun): Promise<ToolResult> {
  const { milliseconds, outputBytes } = run.limits ?? TOOL_LIMITS;
  const seconds = Math.ceil(milliseconds / 1000);
  const [program, ...args] = commandLine(run, seconds);
  return new Promise((resolve) => {
    if (run.signal?.aborted) return resolve({ failure: 'was interrupted' });
    const child = spawn(program!, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...environment(run), HOME: folder, TMPDIR: folder, LC_ALL: 'C', ...run.variables(folder) },
    });
    let failure: string | undefined;
    const stop = (why: string): void => {
      failure ??= why;
      killGroup(child.pid);
    };
    // The tool's group gets no Ctrl-C from the terminal; without another listener the program ends as it would have.
    const interrupted = (name: NodeJS.Signals): void => {
      stop('was interrupted');
      if (process.listenerCount(name) > 1) return;
      rmSync(folder, { recursive: true, force: true });
      process.off(name, interrupted);
      process.kill(process.pid, name);
    };
    for (const name of ENDING) process.on(name, interrupted);
    const aborted = () => stop('was interrupted');
    run.signal?.addEventListener('abort', aborted);
    const timer = setTimeout(() => stop(`took longer than ${seconds} s and was ended`), milliseconds);
    const chunks: Buffer[] = [];
    let length = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > outputBytes) stop(`printed more than ${Math.ceil(outputBytes / 1024 / 1024)} MiB and was ended`);
      else chunks.push(chunk);
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString('utf8')).slice(-MAX_COMPLAINT);
    });
    child.on('error', (error) => {
      failure ??= `cannot be started: ${error.message}`;
    });
    child.on('close', (code, signal) => {
      // What the tool started and left behind is in its group still.
      killGroup(child.pid);
      clearTimeout(timer);
      run.signal?.removeEventListener('abort', aborted);
      for (const name of ENDING) process.off(name, interrupted);
      if (failure === undefined && code !== 0) failure = `failed: ${lastWords(complaint, code, signal)}`;
      resolve(failure === undefined ? { output: Buffer.concat(chunks, length) } : { failure });
    });
  });
}

/** A shell sets the limits that outlive this process; then the tool takes its place. */
function commandLine(run: ToolRun, seconds: number): readonly string[] {
  const inside = [run.program, ...run.args];
  if (process.platform === 'win32') return inside;
  const limits = `ulimit -v ${MAX_MEMORY_KIB} 2>/dev/null; ulimit -t ${2 * seconds} 2>/dev/null; exec "$0" "$@"`;
  const isolation = run.allowNetwork ? [] : (withoutNetwork(run.env) ?? []);
  return [...isolation, '/bin/sh', '-c', limits, ...inside];
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** The line in which the tool says what is wrong: its last one that is not about how to see more. */
function lastWords(complaint: string, code: number | null, signal: NodeJS.Signals | null): string {
  if (/out of memory|cannot allocate memory/i.test(complaint)) return 'it ran out of memory';
  const lines = complaint.split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => /error/i.test(line));
  const said = (errors.length > 0 ? errors : lines.filter((line) => line !== '' && !line.startsWith('Use --debug'))).at(
    -1,
  );
  return said?.replace(/^error:\s*/i, '') ?? (signal ? `ended by ${signal}` : `exit code ${code}`);
}
