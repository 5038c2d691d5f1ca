/** Judges what a cluster says of a pod: ready, failed with the reason in one sentence, or still on its way. */
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

export type PodJudgement =
  | { readonly state: 'ready' }
  /** `image`: an image cannot be had, whatever the container would have done. */
  | { readonly state: 'failed'; readonly reason: string; readonly image?: string }
  /** What it waits for, should nobody wait any longer. */
  | { readonly state: 'waiting'; readonly reason: string };

/** `state.waiting.reason` of a container whose image cannot be had. `ErrImagePull` alone may still pass. */
const NO_IMAGE: ReadonlySet<string> = new Set([
  'ErrImageNeverPull',
  'ImageInspectError',
  'ImagePullBackOff',
  'InvalidImageName',
  'RegistryUnavailable',
]);
/** The kubelet does not create the container: a missing key, a user that runAsNonRoot forbids. */
const REFUSED = 'CreateContainerConfigError';
/** The runtime does not create or start it. */
const UNSTARTABLE: ReadonlySet<string> = new Set([
  'CreateContainerError',
  'RunContainerError',
  'StartError',
  'ContainerCannotRun',
]);
const HOOK_FAILED = 'PostStartHookError';

interface ContainerView {
  readonly name: string;
  readonly init: boolean;
  /** An init container that stays: a sidecar. */
  readonly stays: boolean;
  readonly image: string;
  readonly waiting: JsonObject;
  readonly running: boolean;
  /** How it ended, now or the last time. */
  readonly ended: JsonObject | undefined;
}

/**
 * @param pod a `v1` Pod as the API server gives it
 * @param events the `v1` Events about it, in any order
 * @param mayEnd whether a main container may end well
 */
export function judgePod(pod: JsonObject, events: readonly JsonObject[], mayEnd: boolean): PodJudgement {
  const status = objectOr(pod.status);
  const views = containersOf(pod);
  const { phase, reason, message } = status;
  // What the cluster did to the whole pod (a deadline, an eviction) comes before what became of its containers.
  const ended = textOf(reason) === undefined ? undefined : `${String(reason)}: ${plain(textOf(message) ?? '')}`;
  if (phase === 'Failed' && ended !== undefined) return { state: 'failed', reason: `the pod was ended: ${ended}` };
  for (const view of views) {
    const failed = failureOf(view, events, mayEnd);
    if (failed !== undefined) return failed;
  }
  if (phase === 'Failed') return { state: 'failed', reason: 'the pod failed, and no reason is given' };
  if (phase === 'Succeeded' || (phase === 'Running' && conditionOf(status, 'Ready').status === 'True')) {
    return { state: 'ready' };
  }
  // A job's containers may end one after the other; those that still run are ready by their own word.
  const main = views.filter(({ init }) => !init);
  if (mayEnd && main.length > 0 && main.every((view) => view.ended !== undefined && !view.running)) {
    return { state: 'ready' };
  }
  return { state: 'waiting', reason: waitingFor(status, views, events) };
}

/** Containers that were ever created, and so have logs: names in the order of the status. */
export function createdContainers(pod: JsonObject): string[] {
  return statusesOf(pod)
    .filter(({ containerID }) => textOf(containerID) !== undefined)
    .map(({ name }) => textOf(name) ?? '');
}

/** How one container stands. `restarts`: how often it was started anew. */
export function containerState(
  pod: JsonObject,
  name: string,
): {
  running: boolean;
  exitCode: number | undefined;
  restarts: number;
  imageId: string;
  startedAt: number | undefined;
} {
  const status = objectOr(statusesOf(pod).find((one) => one.name === name));
  const { running, terminated } = objectOr(status.state);
  const ended = objectOr(terminated ?? objectOr(status.lastState).terminated);
  const startedAt = Date.parse(textOf(objectOr(running).startedAt) ?? '');
  return {
    running: running !== undefined,
    exitCode: typeof ended.exitCode === 'number' ? ended.exitCode : undefined,
    restarts: typeof status.restartCount === 'number' ? status.restartCount : 0,
    imageId: textOf(status.imageID) ?? '',
    startedAt: Number.isNaN(startedAt) ? undefined : startedAt,
  };
}

function statusesOf(pod: JsonObject): JsonObject[] {
  const { initContainerStatuses, containerStatuses } = objectOr(pod.status);
  return [...listOf(initContainerStatuses), ...listOf(containerStatuses)].map(objectOr);
}

function containersOf(pod: JsonObject): ContainerView[] {
  const spec = objectOr(pod.spec);
  const init = listOf(spec.initContainers).map(objectOr);
  const specs = [...init, ...listOf(spec.containers).map(objectOr)];
  return specs.map((one) => {
    const status = objectOr(statusesOf(pod).find(({ name }) => name === one.name));
    const state = objectOr(status.state);
    const ended = state.terminated ?? objectOr(status.lastState).terminated;
    return {
      name: textOf(one.name) ?? '',
      init: init.includes(one),
      stays: init.includes(one) && one.restartPolicy === 'Always',
      image: textOf(one.image) ?? '',
      waiting: objectOr(state.waiting),
      running: state.running !== undefined,
      ended: ended === undefined ? undefined : objectOr(ended),
    };
  });
}

function failureOf(view: ContainerView, events: readonly JsonObject[], mayEnd: boolean): PodJudgement | undefined {
  const { name, waiting, ended } = view;
  const failed = (reason: string): PodJudgement => ({ state: 'failed', reason });
  const why = textOf(waiting.reason) ?? '';
  const words = plain(textOf(waiting.message) ?? why);
  if (NO_IMAGE.has(why)) {
    const reason = words.startsWith('Back-off') ? (pullFailure(events, name) ?? words) : words;
    return { state: 'failed', reason: `container ${name}: ${reason}`, image: view.image };
  }
  if (why === REFUSED) return failed(`container ${name}: ${words}`);
  if (why === HOOK_FAILED) return failed(`container ${name}: ${hookFailure(events, name) ?? 'postStart hook failed'}`);
  if (UNSTARTABLE.has(why)) return failed(`container ${name} could not be started: ${words}`);
  if (ended === undefined) return undefined;
  if (UNSTARTABLE.has(textOf(ended.reason) ?? '')) {
    return failed(`container ${name} could not be started: ${plain(textOf(ended.message) ?? '')}`);
  }
  if (ended.exitCode === 0 && (view.stays ? false : view.init || mayEnd)) return undefined;
  const killed = killedBy(events, name);
  if (killed !== undefined) return failed(`container ${name}: ${killed}`);
  const memory = ended.reason === 'OOMKilled' ? ': it was killed for want of memory' : '';
  const role = view.init && !view.stays ? 'init container' : 'container';
  return failed(`${role} ${name} exited with code ${String(ended.exitCode)}${memory}`);
}

/** What changes from pod to pod, and says nothing. */
function plain(message: string): string {
  return message.replace(/ \(pod: "[^"]*", container: [^)]*\)$/, '').replace(/[\s.]+$/, '');
}

function eventsOf(events: readonly JsonObject[], container: string, reason: string): string[] {
  return events
    .filter((event) => event.reason === reason)
    .filter((event) => (textOf(objectOr(event.involvedObject).fieldPath) ?? '').endsWith(`{${container}}`))
    .flatMap((event) => textOf(event.message) ?? []);
}

/** The registry's own words; those of the status are soon only "Back-off pulling image". */
function pullFailure(events: readonly JsonObject[], container: string): string | undefined {
  return eventsOf(events, container, 'Failed').find((message) => /pull|image/i.test(message));
}

/** A probe that had the kubelet kill the container, with what it said. */
function killedBy(events: readonly JsonObject[], container: string): string | undefined {
  for (const probe of ['startup', 'liveness']) {
    const killed = eventsOf(events, container, 'Killing').some((message) => message.includes(`failed ${probe} probe`));
    if (killed) return probeFailure(events, container, probe) ?? `${probe} probe failed`;
  }
  return hookFailure(events, container);
}

/** Older clusters say no more than that it failed. */
function hookFailure(events: readonly JsonObject[], container: string): string | undefined {
  const [said] = eventsOf(events, container, 'FailedPostStartHook');
  if (said === undefined) return undefined;
  return said === 'PostStartHook failed' ? 'postStart hook failed' : `postStart hook failed: ${plain(said)}`;
}

function probeFailure(events: readonly JsonObject[], container: string, probe: string): string | undefined {
  const begin = `${probe} probe failed: `;
  const found = eventsOf(events, container, 'Unhealthy').findLast((message) => message.toLowerCase().startsWith(begin));
  return found === undefined ? undefined : `${begin}${found.slice(begin.length).trim()}`;
}

function conditionOf(status: JsonObject, type: string): JsonObject {
  return objectOr(
    listOf(status.conditions)
      .map(objectOr)
      .find((condition) => condition.type === type),
  );
}

/** Events that say why the node has not come to the containers yet. */
const HINDRANCES: ReadonlySet<string> = new Set(['FailedCreatePodSandBox', 'FailedMount', 'FailedAttachVolume']);

function waitingFor(status: JsonObject, views: readonly ContainerView[], events: readonly JsonObject[]): string {
  const scheduled = conditionOf(status, 'PodScheduled');
  if (scheduled.status === 'False')
    return `it is not scheduled: ${plain(textOf(scheduled.message) ?? 'no reason is given')}`;
  const first = views.find(({ init, stays, ended }) => init && !stays && ended === undefined);
  // The status may lag behind the events.
  const begun = first?.running || (first && eventsOf(events, first.name, 'Started').length > 0);
  if (first !== undefined && begun) return `init container ${first.name} did not end in time`;
  for (const { name, running, waiting } of views) {
    const probe = ['startup', 'readiness'].map((kind) => probeFailure(events, name, kind)).find(Boolean);
    if (running && probe !== undefined) return `container ${name}: ${probe}`;
    const words = textOf(waiting.message);
    if (words !== undefined) return `container ${name}: ${plain(words)}`;
  }
  const hindrance = events.findLast(({ reason }) => HINDRANCES.has(textOf(reason) ?? ''));
  if (hindrance !== undefined) return textOf(hindrance.message) ?? String(hindrance.reason);
  return `it is ${textOf(status.phase) ?? 'unknown to the cluster'}, and nothing says why it goes no further`;
}
