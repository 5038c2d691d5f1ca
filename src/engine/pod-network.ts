/** The pod's network namespace: owned by its only container, or by a pause container that all others join. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Workload } from '../workload/workload.ts';
import type { ContainerRequest, Engine } from './engine.ts';
import { needsAddress } from './environment.ts';
import { pauseProgram } from './pause.ts';
import type { PodOptions } from './pod.ts';
import { PIDS_LIMIT, sysctlsOf } from './request.ts';

const PAUSE = '/pause';

/** One container can own the namespace itself, which saves a start, unless something must exist before it. */
export function needsPause({ containers, podSpec }: Workload): boolean {
  const started = containers.filter(({ role }) => role !== 'ephemeral');
  return started.length > 1 || podSpec.shareProcessNamespace === true || started.some(needsAddress);
}

export interface PauseInput extends Pick<PodOptions, 'lowPorts'> {
  readonly engine: Engine;
  readonly workload: Workload;
  /** Any image will do: nothing of it is run. */
  readonly imageId: string;
  readonly name: string;
  readonly directory: string;
  readonly hostname: string;
  readonly network: ContainerRequest['network'];
  readonly labels: Readonly<Record<string, string>>;
}

/** Creates and starts it; returns its id. `onCreated` is told the id before anything can fail. */
export async function startPause(input: PauseInput, onCreated: (id: string) => void): Promise<string> {
  const program = pauseProgram(process.arch);
  if (!program) throw new Failure('no-engine', `Pods of several containers cannot be run on ${process.arch}.`);
  await mkdir(input.directory, { recursive: true });
  const file = join(input.directory, 'pause');
  await writeFile(file, program, { mode: 0o755 });
  const id = await input.engine.create({
    name: input.name,
    image: input.imageId,
    entrypoint: [PAUSE],
    command: [],
    env: {},
    workingDir: '/',
    user: '0',
    groups: [],
    readOnlyRoot: true,
    privileged: false,
    capabilities: [],
    noNewPrivileges: true,
    seccomp: 'unconfined',
    unmaskedProc: false,
    binds: [{ source: file, target: PAUSE, readOnly: true }],
    tmpfs: [],
    sysctls: sysctlsOf(input.workload, input.lowPorts),
    network: input.network,
    pidOf: undefined,
    hostname: input.hostname,
    labels: input.labels,
    memoryBytes: undefined,
    pidsLimit: PIDS_LIMIT,
  });
  onCreated(id);
  await input.engine.start(id);
  return id;
}
