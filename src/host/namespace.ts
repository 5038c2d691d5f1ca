/** The throw-away namespace of a run: made when it is first needed, closed to the network, removed with everything in it. */
import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../cluster/api.ts';
import type { Cluster } from '../cluster/client.ts';
import { LEFTOVER_AGE_MS } from '../engine/cleanup.ts';
import { RUN_LABEL } from '../engine/engine.ts';
import { isAlive, parseRun } from '../engine/runs.ts';
import { Failure } from '../failure.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

const NAMESPACES = '/api/v1/namespaces';
const LEVEL_LABEL = 'pod-security.kubernetes.io/enforce';
/** Who made it, for whoever finds it. */
const CREATOR = 'petrify.dev/created-by';
/** When it may be taken for left over, whatever has become of its maker; RFC 3339. */
const END = 'petrify.dev/ends';

/** Pod Security levels, strictest first: a namespace gets the first that lets its pods in. */
const LEVELS = ['restricted', 'baseline', 'privileged'] as const;
type Level = (typeof LEVELS)[number];

const CREATED = 201;
const NOT_FOUND = 404;
const CONFLICT = 409;
const FORBIDDEN = 403;
/** What the API server answers to an object that it does not like: its words are the reason, not a defect. */
const REFUSALS: ReadonlySet<number> = new Set([400, FORBIDDEN, 422]);

/** A controller makes the default account of a new namespace, and admission hears of a new label, a moment later. */
const SETTLE_TRIES = 60;
const SETTLE_WAIT_MS = 250;
/** Pods are ended with their grace, then the namespace's controller takes the rest away: some 10 s. */
const REMOVE_TIMEOUT_MS = 120_000;
const REMOVE_POLL_MS = 250;

export interface TrialNamespace {
  readonly name: string;
  /** Creates a ConfigMap, Secret or Service; one of the same name is the same one. */
  create(plural: string, object: JsonObject): Promise<void>;
  /** Creates a pod; a string is the API server's refusal. `notes` gets a sentence where the level had to be lowered. */
  createPod(pod: JsonObject, notes: string[]): Promise<string | undefined>;
  /** The path of a resource, or of one object of it. */
  path(plural: string, name?: string): string;
}

/** A DNS label, unlike the run's own id. */
export const namespaceOf = (run: string) => `petrify-${run.replaceAll('.', '-')}`;

export async function makeNamespace(cluster: Cluster, run: string): Promise<TrialNamespace> {
  const name = namespaceOf(run);
  let level: Level = LEVELS[0];
  const create = async (group: string, plural: string, object: JsonObject) => {
    const answer = await cluster.api.send('POST', `${group}/namespaces/${name}/${plural}`, object);
    if (answer.status !== CREATED && answer.status !== CONFLICT) throw refused(cluster, `create ${plural}`, answer);
  };
  const made = await cluster.api.send('POST', NAMESPACES, namespaceObject(name, run, level));
  // The name is this run's alone: one that is there was made by a try that failed later.
  if (made.status !== CREATED && made.status !== CONFLICT) throw refused(cluster, 'create namespaces', made);
  await create('/apis/networking.k8s.io/v1', 'networkpolicies', CLOSED);
  return {
    name,
    path: (plural, object) => `${NAMESPACES}/${name}/${plural}${object === undefined ? '' : `/${object}`}`,
    create: (plural, object) => create('/api/v1', plural, object),
    async createPod(pod, notes) {
      for (let tries = 1; ; tries += 1) {
        const answer = await cluster.api.send('POST', `${NAMESPACES}/${name}/pods`, pod);
        if (answer.status === CREATED) return undefined;
        const words = textOf(answer.body.message) ?? `status ${answer.status}`;
        const violated = /violates PodSecurity "(\w+):/.exec(words)?.[1];
        const next = LEVELS[LEVELS.indexOf(level) + 1];
        if (violated === level && next !== undefined) {
          level = next;
          const patch = { metadata: { labels: { [LEVEL_LABEL]: level } } };
          const patched = await cluster.api.send('PATCH', `${NAMESPACES}/${name}`, patch);
          if (patched.status !== 200) throw refused(cluster, 'patch namespaces', patched);
          if (level === 'privileged') notes.push(`The namespace enforces no Pod Security level for it: ${words}.`);
          continue;
        }
        if ((isSettling(words) || violated !== undefined) && tries < SETTLE_TRIES) {
          await sleep(SETTLE_WAIT_MS);
          continue;
        }
        if (isMissingRight(words) || !REFUSALS.has(answer.status)) throw refused(cluster, 'create pods', answer);
        return words;
      }
    },
  };
}

function isSettling(words: string): boolean {
  return /error looking up service account .*not found|serviceaccounts? "default" not found/.test(words);
}

/** As RBAC says it; admission never does. */
function isMissingRight(words: string): boolean {
  return /User "[^"]*" cannot \w+ resource/.test(words);
}

function namespaceObject(name: string, run: string, level: Level): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { [RUN_LABEL]: run, [LEVEL_LABEL]: level },
      annotations: {
        [CREATOR]: `petrify: ${userInfo().username}@${hostname()}, process ${process.pid}`,
        [END]: new Date(Date.now() + LEFTOVER_AGE_MS).toISOString(),
      },
    },
  };
}

/** Nothing comes in and nothing goes out, where the cluster's network enforces policies; the node itself always may. */
const CLOSED: JsonObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'petrify-closed' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
};

/**
 * Gives a throw-away namespace the Pod Security level of the one that a workload comes from, so that admission answers in
 * it as there; a pod that runs already stays. A string says why that could not be.
 */
export async function adoptLevel(cluster: Cluster, home: string, namespace: string): Promise<string | undefined> {
  const { status, body } = await cluster.api.get(`${NAMESPACES}/${home}`);
  const other = `Pod Security is that of the throw-away namespace, not that of namespace ${home}`;
  if (status !== 200)
    return `${other}, which ${status === NOT_FOUND ? 'the cluster does not have' : 'may not be read'}.`;
  const level = textOf(objectOr(objectOr(body.metadata).labels)[LEVEL_LABEL]) ?? null;
  const patched = await cluster.api.send('PATCH', `${NAMESPACES}/${namespace}`, {
    metadata: { labels: { [LEVEL_LABEL]: level } },
  });
  return patched.status === 200 ? undefined : `${other}, to which it could not be set.`;
}

/** Removes the namespaces of a run and waits until they are gone. Throws Failure, naming what resists. */
export async function removeNamespaces(cluster: Cluster, run: string): Promise<void> {
  const found = await labelled(cluster, `${RUN_LABEL}=${run}`);
  const names = found.map(({ name }) => name).filter((name) => name === namespaceOf(run));
  for (const name of names) await remove(cluster, name);
  const deadline = Date.now() + REMOVE_TIMEOUT_MS;
  for (const name of names) await untilGone(cluster, name, deadline);
}

/**
 * Removes what crashed runs have left: of dead processes of this machine at once, of others once their end has come.
 * A namespace that only carries the label, but not the name that goes with it, is nobody's leftover.
 */
export async function removeLeftoverNamespaces(cluster: Cluster): Promise<string[]> {
  const removed: string[] = [];
  for (const { name, run, end } of await labelled(cluster, RUN_LABEL)) {
    const parsed = parseRun(run);
    if (parsed === undefined || name !== namespaceOf(run)) continue;
    const alive = isAlive(parsed);
    if (alive === true || (alive === undefined && !(end < Date.now()))) continue;
    // One that resists is tried again at the next start, and stands in nobody's way.
    const gone = await remove(cluster, name).then(
      () => true,
      () => false,
    );
    if (gone) removed.push(name);
  }
  return removed;
}

interface Labelled {
  readonly name: string;
  readonly run: string;
  /** Milliseconds since 1970; NaN: it says none. */
  readonly end: number;
}

async function labelled(cluster: Cluster, selector: string): Promise<Labelled[]> {
  const answer = await cluster.api.get(`${NAMESPACES}?${new URLSearchParams({ labelSelector: selector })}`);
  if (answer.status !== 200) throw refused(cluster, 'list namespaces', answer);
  return listOf(answer.body.items).map((item) => {
    const { name, labels, annotations } = objectOr(objectOr(item).metadata);
    return {
      name: textOf(name) ?? '',
      run: textOf(objectOr(labels)[RUN_LABEL]) ?? '',
      end: Date.parse(textOf(objectOr(annotations)[END]) ?? ''),
    };
  });
}

async function remove(cluster: Cluster, name: string): Promise<void> {
  const answer = await cluster.api.send('DELETE', `${NAMESPACES}/${name}`);
  // 409: it is being removed already.
  if (answer.status < 300 || answer.status === NOT_FOUND || answer.status === CONFLICT) return;
  throw refused(cluster, 'delete namespaces', answer);
}

async function untilGone(cluster: Cluster, name: string, deadline: number): Promise<void> {
  for (;;) {
    const { status, body } = await cluster.api.get(`${NAMESPACES}/${name}`);
    if (status === NOT_FOUND) return;
    if (Date.now() > deadline) throw resists(cluster, name, body);
    await sleep(REMOVE_POLL_MS);
  }
}

function resists(cluster: Cluster, name: string, namespace: JsonObject): Failure {
  const told = listOf(objectOr(namespace.status).conditions).flatMap((one) => textOf(objectOr(one).message) ?? []);
  const why = told.length > 0 ? `: ${told.join('; ')}` : '';
  return new Failure('cluster-refused', `The namespace ${name} in the cluster ${cluster.api.name} does not go${why}.`, {
    hint: `kubectl --context ${cluster.api.name} get all -n ${name} shows what holds it; the next start tries again`,
  });
}

/** A right that is missing, or a server that fails. */
export function refused(cluster: Cluster, what: string, { status, body }: Answer): Failure {
  const words = textOf(body.message) ?? `status ${status}`;
  return new Failure('cluster-refused', `The cluster ${cluster.api.name} refuses to ${what}: ${words}.`, {
    ...(status === FORBIDDEN ? { hint: 'the rights that are needed are listed in docs/cluster.md' } : {}),
  });
}
