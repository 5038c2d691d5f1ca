/** Whole processes of `petrify check` against Node merely parsing the workload documents of the same stream; memory; start-up. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../setup/build.ts';
import { type GeneratedDocument, generateDocuments, generateRepository, streamOf } from './manifests.ts';
import { type BenchRow, interleaved, printRows, spawned } from './measure.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const MEGABYTES = [1, 5, 20];
/** Documents of the stream in which half of them are workloads. */
const HALF_WORKLOADS = 4_000;
/** Whole `check` against Node's start and parsing just the workloads. */
const GOAL = 1.5;
const GOAL_VERSION = 1.5;
/** Two cores against one, where there is enough to do. */
const GOAL_CORES = 1;
const MANY_DOCUMENTS = 100_000;
const MANY_FILES = 10_000;
const GOAL_MEMORY_MB = 400;

/** What every other tool starts from: the plain values of the workloads, by the parser that Petrify uses. */
const PARSE = `
import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
for (const text of readFileSync(process.argv[1], 'utf8').split(/^---$/m).slice(1)) load(text);
`;

export default async function bench(): Promise<number> {
  await buildProgram(join(root, 'dist'));
  const folder = mkdtempSync(join(tmpdir(), 'petrify-bench-'));
  try {
    const rows = await startUp();
    for (const size of MEGABYTES) rows.push(...(await speed(folder, `${size} MB`, generateRepository(size * 1e6))));
    rows.push(...(await speed(folder, 'half workloads', generateDocuments(HALF_WORKLOADS), GOAL_CORES)));
    printRows([...rows, ...memory(folder)]);
    return 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The package as users have it. */
const ENTRY = join(root, 'dist/petrify.js');

async function startUp(): Promise<BenchRow[]> {
  const [empty, version] = await interleaved([
    spawned([process.execPath, '-e', '0']),
    spawned([process.execPath, ENTRY, '--version']),
  ]);
  return [
    { name: 'node -e 0', milliseconds: empty!, ratio: 1 },
    { name: 'petrify --version', milliseconds: version!, ratio: version! / empty!, goal: GOAL_VERSION },
  ];
}

/** @param goalOfCores what all cores may take of the time of one */
async function speed(
  folder: string,
  name: string,
  documents: readonly GeneratedDocument[],
  goalOfCores?: number,
): Promise<BenchRow[]> {
  const workloads = documents.filter(({ workload }) => workload);
  const [stream, only] = [join(folder, 'stream.yaml'), join(folder, 'workloads.yaml')];
  writeFileSync(stream, streamOf(documents));
  writeFileSync(only, streamOf(workloads));
  const check = [process.execPath, ENTRY, 'check', '--format', 'json', stream];
  const [parse, whole, single] = await interleaved([
    spawned([process.execPath, '--input-type=module', '-e', PARSE, only]),
    spawned(check, [1]),
    spawned(['taskset', '-c', '0', ...check], [1]),
  ]);
  const share = `${workloads.length} workloads of ${documents.length} documents`;
  const cores = { name: `${name}: all cores against one`, milliseconds: whole!, ratio: whole! / single! };
  return [
    { name: `${name}: node parses the ${share}`, milliseconds: parse!, ratio: 1 },
    { name: `${name}: petrify check --format json`, milliseconds: whole!, ratio: whole! / parse!, goal: GOAL },
    { name: `${name}: the same on one core`, milliseconds: single!, ratio: single! / parse! },
    goalOfCores === undefined ? cores : { ...cores, goal: goalOfCores },
  ];
}

/** The most memory that a check ever had, in one row for each way in and out. */
function memory(folder: string): BenchRow[] {
  const file = join(folder, 'many.yaml');
  writeFileSync(file, streamOf(generateDocuments(MANY_DOCUMENTS)));
  const files = join(folder, 'files');
  mkdirSync(files);
  for (const [index, { text }] of generateDocuments(MANY_FILES).entries()) {
    writeFileSync(join(files, `${index}.yaml`), text);
  }
  return [
    ...['json', 'sarif', 'html'].map((format) => peak(`${MANY_DOCUMENTS} documents`, format, file)),
    peak(`${MANY_FILES} files`, 'json', files),
  ];
}

function peak(name: string, format: string, path: string): BenchRow {
  const start = performance.now();
  const megabytes = peakOf(['check', '--format', format, path]);
  const milliseconds = performance.now() - start;
  const said = `${name} as ${format}: ${megabytes.toFixed(0)} MB at most, of ${GOAL_MEMORY_MB}`;
  return { name: said, milliseconds, ratio: megabytes / GOAL_MEMORY_MB, goal: 1 };
}

/** Says at the end of a process what memory it had at most: the kernel's own count, all threads together. */
const SAY_PEAK =
  'data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS))';

/** In megabytes. */
function peakOf(args: readonly string[]): number {
  const done = spawnSync(process.execPath, ['--import', SAY_PEAK, ENTRY, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  const peak = /peak (\d+)$/.exec(done.stderr)?.[1];
  if (done.status !== 1 || peak === undefined) throw new Error(`check ended with ${done.status}: ${done.stderr}`);
  return Number(peak) / 1000;
}
