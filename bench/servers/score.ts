/** One server's row of the measure: as written, with the boolean alone, hardened, in service, and attacked. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withRun } from '../../src/engine/cleanup.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { capabilitiesOf } from '../../src/engine/identity.ts';
import { parseRun } from '../../src/engine/runs.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import { readProfile } from '../../src/profile/render.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { readOnlyRootAlone } from '../../src/workload/variant.ts';
import type { Workload } from '../../src/workload/workload.ts';
import type { Server } from './fleet.ts';
import { type Ended, petrify } from './program.ts';
import { answersOnce, type Service, servesThroughout } from './service.ts';

/** For a whole search; the longest of the twelve must not need a quarter of it. */
const HARDEN_MS = 15 * 60_000;
const PROVE_MS = 5 * 60_000;

export interface ScoreOptions {
  readonly loadSeconds: number;
  /** Options that `harden` gets besides the manifest. */
  readonly hardenOptions: readonly string[];
  /** A folder of this server's own: what `harden` wrote and said is left there. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** How often each outcome of an attack came. */
export interface Attacks {
  readonly verdicts: readonly string[];
  readonly blocked: number;
  readonly residual: number;
  readonly succeeded: number;
  readonly unknown: number;
  /** Of those that succeeded: what the ImmutabilityProfile lists as open to whoever the server has to be (uid 0). */
  readonly listed: readonly string[];
  /** Ids of what succeeded unlisted or stayed unknown. */
  readonly open: readonly string[];
}

/** What of a container's rights the hardened manifest leaves. */
export interface Kept {
  /** `65532`; `root (image)` where the manifest names none and the image decides. */
  readonly user: string;
  /** `none`, `default` (containerd's whole set), or their names. */
  readonly capabilities: string;
  readonly mounts: readonly string[];
}

export interface Score {
  readonly server: string;
  /** Why even the unhardened manifest does not work: the bench is broken then, not the server. */
  readonly asWritten: Service;
  readonly booleanAlone: Service;
  readonly harden: {
    readonly seconds: number;
    readonly starts: number | undefined;
    readonly hardened: boolean;
    /** What it said where it did not harden, in one line. */
    readonly obstacle: string | undefined;
  };
  readonly kept: Kept | undefined;
  readonly service: Service | undefined;
  readonly attacks: Attacks | undefined;
  /** Why it does not count as hardened and working; undefined: it does. */
  readonly failed: string | undefined;
}

interface Manifest {
  readonly workload: Workload;
  readonly documents: readonly unknown[];
}

/** Takes all steps; one that fails is a result. Throws for an image that cannot be had, or an interruption. */
export async function scoreServer(engine: Engine, server: Server, options: ScoreOptions): Promise<Score> {
  const { progress, signal } = options;
  const { client } = server;
  const written = manifestIn(server.manifest, server.text);
  const inRun = (serve: (run: string) => Promise<Service>) => withRun(engine, (run) => serve(run));
  progress('as written');
  const { documents } = written;
  const asWritten = await inRun((run) => answersOnce(written.workload, { engine, run, documents, client, signal }));
  progress('with readOnlyRootFilesystem alone');
  const alone = readOnlyRootAlone(written.workload);
  const booleanAlone = await inRun((run) => answersOnce(alone, { engine, run, documents, client, signal }));
  progress('hardening');
  const { harden, hardened, pid } = await hardenOnce(server, options);
  if (hardened === undefined) return judged({ server: server.name, asWritten, booleanAlone, harden });
  progress(`the hardened manifest in service, ${options.loadSeconds} s of load`);
  const serving = { engine, documents: hardened.documents, client, signal, lowPorts: 'closed' as const };
  const service = await inRun((run) => servesThroughout(hardened.workload, { ...serving, run }, options.loadSeconds));
  progress('attacking');
  const proved = await petrify(['prove', '--format', 'json', hardenedFile(server, options)], {
    timeoutMs: PROVE_MS,
    signal,
  });
  writeFileSync(join(options.folder, 'proof.json'), proved.out);
  const left = await leftBy(engine, [pid, proved.pid]);
  const kept = keptBy(hardened.workload, await imageUser(engine, server));
  return judged({
    server: server.name,
    asWritten,
    booleanAlone,
    harden,
    kept,
    service,
    attacks: attacksOf(proved, residualPlaces(join(options.folder, 'hardened'))),
    left,
  });
}

function manifestIn(file: string, text: string): Manifest {
  const { documents, unreadable } = readDocuments({ file, text });
  if (unreadable.length > 0) throw new Error(`${file}: ${unreadable[0]!.message}`);
  const [workload, ...others] = documents.flatMap(findWorkloads);
  if (workload === undefined || others.length > 0) throw new Error(`${file} must hold one workload`);
  return { workload, documents: documents.map(({ value }) => value) };
}

function hardenedFile({ manifest }: Server, { folder }: ScoreOptions): string {
  return join(folder, 'hardened', basename(manifest));
}

async function hardenOnce(server: Server, options: ScoreOptions) {
  const { folder, signal, hardenOptions } = options;
  const output = join(folder, 'hardened');
  mkdirSync(output, { recursive: true });
  const args = ['harden', ...hardenOptions, '--output', output, server.manifest];
  const ended = await petrify(args, { timeoutMs: HARDEN_MS, signal });
  writeFileSync(join(folder, 'harden.txt'), ended.err);
  const found = ended.code === undefined ? undefined : hardenedIn(server, options);
  const hardened = typeof found === 'string' ? undefined : found;
  const starts = /\b(\d+) starts?\b/.exec(ended.err)?.[1];
  const harden = {
    seconds: ended.seconds,
    starts: starts === undefined ? undefined : Number(starts),
    hardened: hardened !== undefined,
    obstacle: hardened ? undefined : typeof found === 'string' ? found : obstacleIn(ended),
  };
  return { harden, hardened, pid: ended.pid };
}

/** undefined where nothing was hardened; a string says why what was written is of no use. */
function hardenedIn(server: Server, options: ScoreOptions): Manifest | string | undefined {
  const file = hardenedFile(server, options);
  if (!existsSync(file)) return undefined;
  try {
    const manifest = manifestIn(file, readFileSync(file, 'utf8'));
    return isReadOnly(manifest.workload) ? manifest : undefined;
  } catch (error) {
    return `what harden wrote cannot be read: ${(error as Error).message}`;
  }
}

/** The least that hardening means: nothing that starts has a writable root. */
function isReadOnly({ containers }: Workload): boolean {
  return containers.every(({ settings }) => settings.readOnlyRootFilesystem.value);
}

/** What stands below the title of the account, without what is always said; everything where there is no account. */
function obstacleIn({ code, err, seconds }: Ended): string {
  if (code === undefined) return `harden did not end within ${seconds.toFixed(0)} s`;
  const lines = err.split('\n').map((line) => line.trim());
  const title = lines.findIndex((line) => /\bnot hardened\b/.test(line));
  const account = lines.slice(title + 1).filter((line) => line !== '' && !/^(written|note): /.test(line));
  return `not hardened: ${account.join(' ') || `harden ended with ${code} and said nothing`}`;
}

async function imageUser(engine: Engine, { image: { name, tag } }: Server): Promise<string> {
  return `${(await engine.image(`${name}:${tag}`))?.user || 'root'} (image)`;
}

function keptBy({ containers }: Workload, imageUser: string): Kept {
  const main = containers.filter(({ role }) => role === 'main' || role === 'sidecar');
  const each = (words: (container: Workload['containers'][number]) => string) =>
    [...new Set(main.map(words))].join('; ');
  return {
    user: each(({ settings }) => String(settings.runAsUser.value ?? imageUser)),
    capabilities: each((container) => {
      if (!container.settings.capabilitiesDrop.value.includes('ALL')) return 'default';
      return capabilitiesOf(container).join(' ') || 'none';
    }),
    mounts: [...new Set(main.flatMap(({ mounts }) => mounts.map(({ mountPath }) => mountPath)))].sort(),
  };
}

interface AttemptJson {
  readonly id: string;
  readonly outcome: 'blocked' | 'residual' | 'succeeded' | 'unknown';
}
interface ProofJson {
  readonly verdict: string;
  readonly attempts: readonly AttemptJson[];
}

/** undefined where there is no proof to be read. */
function attacksOf({ code, out }: Ended, residual: ReadonlySet<string>): Attacks | undefined {
  if (code === undefined || !out.trimStart().startsWith('{')) return undefined;
  const read = JSON.parse(out) as ProofJson | { readonly proofs: readonly ProofJson[] };
  const proofs = 'proofs' in read ? read.proofs : [read];
  const attempts = proofs.flatMap((proof) => proof.attempts);
  // `write-dev:/dev`: the attack, and its place.
  const isListed = ({ id, outcome }: AttemptJson) =>
    outcome === 'succeeded' && residual.has(id.slice(id.indexOf(':') + 1));
  const ids = (some: readonly AttemptJson[]) => some.map(({ id }) => id);
  const isOpen = (attempt: AttemptJson) => ['succeeded', 'unknown'].includes(attempt.outcome) && !isListed(attempt);
  const times = (outcome: AttemptJson['outcome']) => attempts.filter((attempt) => attempt.outcome === outcome).length;
  return {
    verdicts: [...new Set(proofs.map(({ verdict }) => verdict))],
    blocked: times('blocked'),
    residual: times('residual'),
    succeeded: times('succeeded'),
    unknown: times('unknown'),
    listed: ids(attempts.filter(isListed)),
    open: ids(attempts.filter(isOpen)),
  };
}

/** What the profiles that `harden` wrote list as staying open. */
function residualPlaces(folder: string): ReadonlySet<string> {
  const files = readdirSync(folder).filter((name) => name.endsWith('.immutabilityprofile.yaml'));
  const profiles = files.map((name) => readProfile(name, readFileSync(join(folder, name), 'utf8')));
  return new Set(
    profiles.flatMap(({ spec }) => spec.containers.flatMap(({ residual }) => residual.map(({ what }) => what))),
  );
}

/** Runs of these processes that the engine still has something of, although they have ended. */
async function leftBy(engine: Engine, pids: readonly number[]): Promise<string[]> {
  return (await engine.runs()).filter((run) => pids.includes(parseRun(run)?.pid ?? -1));
}

type Steps = Pick<Score, 'server' | 'asWritten' | 'booleanAlone' | 'harden'> &
  Partial<Pick<Score, 'kept' | 'service' | 'attacks'>> & { readonly left?: readonly string[] };

function judged({ left = [], ...steps }: Steps): Score {
  const { kept, service, attacks } = steps;
  return { ...steps, kept, service, attacks, failed: failureOf(steps, left) };
}

/** The first thing that keeps a server from counting as hardened and working. */
function failureOf({ asWritten, harden, service, attacks }: Steps, left: readonly string[]): string | undefined {
  if (asWritten.failed !== undefined) return `the bench itself: not even as written: ${asWritten.failed}`;
  if (!harden.hardened) return harden.obstacle;
  if (service?.failed !== undefined) return service.failed;
  if (service?.load === undefined || service.load.checks === 0) return 'no load was put on it';
  const { failures, checks, failed } = service.load;
  if (failures > 0) return `under load: ${failures} of ${checks} checks failed: ${failed}`;
  if (attacks === undefined) return 'prove gave no proof';
  if (attacks.open.length > 0) return `attacks not held off: ${attacks.open.join(', ')}`;
  return left.length > 0 ? `left on the engine: ${left.join(', ')}` : undefined;
}
