/** The pod's network namespace: owned by a pause container that all others join, so that the pod keeps its address. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Workload } from '../workload/workload.ts';
import { PIDS_LIMIT } from './bounds.ts';
import type { ContainerRequest, Engine, IdRange } from './engine.ts';
import { pauseProgram } from './pause.ts';
import type { PodOptions } from './pod.ts';
import { sysctlsOf } from './request.ts';

const PAUSE = '/pause';

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
  readonly hostNamespaces: ContainerRequest['hostNamespaces'];
  /** The ids of the user namespace that it owns together with the others; undefined: the host's. */
  readonly ids: IdRange | undefined;
}

/** Creates and starts it; returns its id. `onCreated` is told the id before anything can fail. */
export async function startPause(input: PauseInput, onCreated: (id: string) => void): Promise<string> {
  const program = pauseProgram(process.arch);
  if (!program)
    throw new Failure('no-engine', `Pods cannot be run on ${process.arch}: there is no pause program for it.`);
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
    // The host's own are not this pod's to set.
    sysctls: input.network === 'host' ? {} : sysctlsOf(input.workload, input.lowPorts),
    ...(input.hostNamespaces === undefined ? {} : { hostNamespaces: input.hostNamespaces }),
    network: input.network,
    pidOf: undefined,
    userNamespace: input.ids,
    hostname: input.network === 'host' ? undefined : input.hostname,
    labels: input.labels,
    memoryBytes: undefined,
    pidsLimit: PIDS_LIMIT,
  });
  onCreated(id);
  await input.engine.start(id);
  return id;
}
