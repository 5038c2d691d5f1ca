/** Runs a workload once, makes it work, and learns what it writes or is refused to write. */
import type { FilesystemChange } from '../engine/engine.ts';
import { capabilitiesOf } from '../engine/identity.ts';
import type { PodOptions, PodOutcome } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import type { PodHost } from '../host/host.ts';
import { type Account, accountsOf } from '../image/accounts.ts';
import type { Image } from '../image/config.ts';
import type { ImageTree } from '../image/layout.ts';
import { type Tools, toolsOf } from '../image/tools.ts';
import { userOf } from '../image/user.ts';
import type { Coverage, Evidence } from '../profile/evidence.ts';
import type { ContainerProfile } from '../profile/profile.ts';
import type { Mount, Workload } from '../workload/workload.ts';
import { startClock } from './clock.ts';
import { openedPaths } from './collectors/image-config.ts';
import { openKernelEvents } from './collectors/kernel-events.ts';
import { openSystemCalls, type PrivilegedCall } from './collectors/system-calls.ts';
import type { Answer } from './exercise.ts';
import { type RecordedLayout, snapshotLayout } from './layout-snapshot.ts';
import type { Later } from './life.ts';
import { imageOf, type Taken, takeFrom } from './take.ts';

/** Watching after the requests: what a server does late, it mostly does within this. */
export const DEFAULT_WATCH_SECONDS = 2;

export interface ObserveOptions extends Pick<PodOptions, 'lowPorts' | 'hostPaths' | 'hostNamespaces'> {
  /** The id under which everything is labelled; see `newRun`. */
  readonly run: string;
  /** Other documents of the same input: ConfigMaps and Secrets. */
  readonly documents: readonly unknown[];
  /** How long to watch after the requests. */
  readonly seconds?: number;
  /** A command of this machine that makes it work and says whether it does; see `command.ts`. */
  readonly exercise?: string | undefined;
  /** Whether SIGHUP is sent to those that handle it; absent: yes. */
  readonly reload?: boolean;
  /** Whether it is started again after its end, and after a crash, on the same volumes; absent: no. */
  readonly restarts?: boolean;
  readonly readyTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

/** What was learned of one container; everything that a profile is made of. */
export interface ContainerObservation {
  readonly name: string;
  readonly image: Image;
  readonly user: ContainerProfile['user'];
  readonly capabilities: readonly string[];
  readonly mounts: readonly Mount[];
  /** Everything seen, refused writes included. */
  readonly evidence: readonly Evidence[];
  /** The refused writes alone: what stands between a trial and a working container. */
  readonly refused: readonly Evidence[];
  /** Uses of capabilities, granted or refused, in order. */
  readonly privileged: readonly PrivilegedCall[];
  /** What the evidence needs of the image's file tree to be merged. */
  readonly layout: RecordedLayout;
  readonly coverage: Coverage;
  /** Until it was stopped for the first time. */
  readonly logs: string;
  /** The last line of everything that it logged. */
  readonly lastLine: string;
  /** TCP ports that the pod's network listened on; empty where that cannot be seen. */
  readonly listening: readonly number[];
  /** How it ended by itself; undefined: it ran until it was stopped. */
  readonly exitCode: number | undefined;
  /** With what it ended when it was asked to; undefined: it had ended before. */
  readonly endedWith: number | undefined;
  /** The image's own users. */
  readonly accounts: readonly Account[];
  /** What its image has to copy with. */
  readonly tools: Tools;
}

export interface Observation {
  readonly outcome: PodOutcome;
  /** What the sandbox could not give as Kubernetes would. */
  readonly differences: readonly string[];
  /** Every request that was made, in order, with its answer. */
  readonly answered: readonly Answer[];
  /** What became of it at later moments: a reload, a second start, a start after a crash. */
  readonly later: readonly Later[];
  readonly containers: readonly ContainerObservation[];
}

/**
 * Observes a workload with exactly one start of each of its containers; nothing is left behind.
 * A pod that does not become ready is an outcome, not an error: its logs and its writes are evidence as well.
 * Throws Failure for an image that is missing, a host that refuses, or an interruption.
 */
export async function observeWorkload(
  host: PodHost,
  workload: Workload,
  options: ObserveOptions,
): Promise<Observation> {
  const images = await imagesOf(host, workload, options);
  const { run } = options;
  const clock = startClock();
  const kernel = await openKernelEvents(host.info, clock);
  const calls = await openSystemCalls(host.info, clock);
  const trees = new Map<string, Promise<ImageTree>>();
  try {
    const baselines = new Map<string, readonly FilesystemChange[]>();
    const pod = await host.runPod(workload, {
      ...options,
      onInitialised: async (container, pid, changes) => {
        kernel.attach(container.container.name, pid);
        await calls.attach(container.container.name, pid);
        baselines.set(container.id, await changes().catch(() => []));
      },
    });
    const { taken, life } = await takeFrom(pod, {
      kernel,
      calls,
      clock,
      images,
      baselines,
      seconds: options.seconds ?? DEFAULT_WATCH_SECONDS,
      command: options.exercise,
      reload: options.reload ?? true,
      restarts: options.restarts ?? false,
      signal: options.signal,
      progress: options.progress,
    });
    const containers: ContainerObservation[] = [];
    for (const one of taken) {
      const image = imageOf(images, one.container);
      if (!trees.has(image.name)) trees.set(image.name, host.openTree(image, run));
      containers.push(await conclude(one, image, await trees.get(image.name)!));
    }
    const { answered, later } = life;
    const unreadable = (await Promise.all(trees.values())).flatMap((tree) => tree.unreadable ?? []);
    return { outcome: pod.outcome, differences: [...pod.differences, ...unreadable], answered, later, containers };
  } finally {
    kernel.close();
    await calls.close();
    await Promise.allSettled([...trees.values()].map(async (tree) => (await tree).close()));
  }
}

async function imagesOf(
  host: PodHost,
  workload: Workload,
  { run, signal, documents }: ObserveOptions,
): Promise<Map<string, Image>> {
  const images = new Map<string, Image>();
  for (const { image, role, name, spec } of workload.containers) {
    if (role === 'ephemeral') continue;
    if (image === undefined) throw new Failure('bad-manifest', `container ${name} of ${workload.name} names no image`);
    if (images.has(image)) continue;
    images.set(
      image,
      await host.image(image, { run, mayPull: spec.imagePullPolicy !== 'Never', signal, workload, documents }),
    );
  }
  return images;
}

/** Adds what the image says to what was taken. */
async function conclude(taken: Taken, image: Image, tree: ImageTree): Promise<ContainerObservation> {
  const { container, privileged, coverage, listening, logs, lastLine, exitCode, endedWith } = taken;
  // An init container does one thing, which was seen.
  const opened = container.role === 'init' ? [] : openedPaths((await tree.openDirectories?.()) ?? []);
  const evidence = [...taken.evidence, ...opened];
  const { runAsUser, runAsGroup } = container.settings;
  const written = runAsUser.value === undefined ? image.config.user : String(runAsUser.value);
  // A name that the image does not know would not have started; root is the worst that it can be.
  const ids = (await userOf(tree, written)) ?? { uid: 0, gid: 0 };
  const mountPaths = container.mounts.map((mount) => mount.mountPath);
  return {
    name: container.name,
    image,
    user: {
      uid: ids.uid,
      gid: runAsGroup.value ?? ids.gid,
      from: runAsUser.value === undefined ? 'image' : 'manifest',
    },
    capabilities: capabilitiesOf(container),
    mounts: container.mounts,
    evidence,
    refused: evidence.filter((piece) => piece.what === 'refused'),
    privileged,
    layout: await snapshotLayout(tree, evidence, mountPaths),
    coverage,
    listening,
    logs,
    lastLine,
    exitCode,
    endedWith,
    accounts: await accountsOf(tree),
    tools: await toolsOf(tree),
  };
}
