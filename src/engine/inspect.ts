/** Describes a container or an image: both engines answer in the same form, under their own prefix. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { completeImageName } from '../workload/image-name.ts';
import { textsOf } from '../workload/value.ts';
import type { Address } from './address.ts';
import { ask } from './container-calls.ts';
import type { ContainerState, ImageConfig } from './engine.ts';
import { type Answer, jsonOf } from './http.ts';
import { imageConfigFrom } from './images.ts';

/** What is read of `containers/{id}/json`. */
interface Inspect {
  readonly State: {
    readonly Status: string;
    readonly Pid: number;
    readonly ExitCode: number;
    readonly OOMKilled?: boolean;
  };
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string }>> | null };
  readonly Image: string;
  readonly GraphDriver?: { readonly Data?: { readonly UpperDir?: string } | null };
  readonly Mounts?: readonly { readonly Type?: string; readonly Source?: string }[] | null;
  /** Docker's and Podman's place for it. */
  readonly LogPath?: string;
  readonly HostConfig?: { readonly LogConfig?: { readonly Path?: string } };
}

/** Docker's words and Podman's. */
const RUNNING: ReadonlySet<string> = new Set(['running', 'paused', 'restarting', 'stopping']);
const ENDED: ReadonlySet<string> = new Set(['exited', 'stopped', 'dead', 'removing']);

/** Podman reads of a process that has just ended; a moment later it knows of the end. */
const JUST_ENDED = /no such process/i;
const TRIES = 5;
const TRY_AGAIN_MS = 20;

async function described(address: Address, path: string, triesLeft = TRIES): Promise<Answer> {
  try {
    return await ask(address, { method: 'GET', path }, 'describe a container');
  } catch (error) {
    if (triesLeft <= 1 || !(error instanceof Failure) || !JUST_ENDED.test(error.message)) throw error;
    await sleep(TRY_AGAIN_MS);
    return described(address, path, triesLeft - 1);
  }
}

/** The state of a container. Throws Failure('engine-refused') where there is none. */
export async function stateOf(address: Address, prefix: string, id: string): Promise<ContainerState> {
  const path = `${prefix}/containers/${encodeURIComponent(id)}/json`;
  const seen = jsonOf(await described(address, path)) as Inspect;
  const { Status, ExitCode, Pid } = seen.State;
  const status = RUNNING.has(Status) ? 'running' : ENDED.has(Status) ? 'exited' : 'created';
  const addresses = Object.values(seen.NetworkSettings?.Networks ?? {}).map(({ IPAddress }) => IPAddress);
  return {
    status,
    exitCode: status === 'exited' ? ExitCode : undefined,
    pid: Pid,
    ipAddress: addresses.find((one) => one !== undefined && one !== ''),
    imageId: seen.Image.replace(/^sha256:/, ''),
    outOfMemory: seen.State.OOMKilled === true,
    writesTo: writesOf(seen),
  };
}

function writesOf({ GraphDriver, Mounts, LogPath, HostConfig }: Inspect): string[] {
  const volumes = (Mounts ?? []).filter(({ Type }) => Type === 'volume').map(({ Source }) => Source);
  const paths = [GraphDriver?.Data?.UpperDir, LogPath, HostConfig?.LogConfig?.Path, ...volumes];
  return paths.flatMap((path) => (path ? [path] : []));
}

/** The configuration of an image; undefined where the engine does not have it. */
export async function imageOf(address: Address, prefix: string, name: string): Promise<ImageConfig | undefined> {
  const path = `${prefix}/images/${encodeURIComponent(name)}/json`;
  const answer = await ask(address, { method: 'GET', path }, `describe image ${name}`, [404]);
  return answer.status === 404 ? undefined : imageConfigFrom(jsonOf(answer));
}

/** The names of everything that an engine has; Docker shortens those of its own registry. */
export async function imageNamesAt(address: Address, prefix: string): Promise<readonly string[]> {
  const answer = await ask(address, { method: 'GET', path: `${prefix}/images/json` }, 'list its images');
  const images = (jsonOf(answer) as { RepoTags?: unknown }[] | null) ?? [];
  const names = images.flatMap(({ RepoTags }) => textsOf(RepoTags)).filter((name) => !name.startsWith('<none>'));
  return [...new Set(names.map(completeImageName))].sort();
}
