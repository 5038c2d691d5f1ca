/** What somebody outside of a pod can have the API server do to it, and who refuses it: RBAC or admission, in their words. */
import type { Cluster } from '../cluster/client.ts';
import type { ExecOptions, Executed, Place } from '../cluster/exec.ts';
import type { Identity } from '../cluster/impersonate.ts';
import { Failure } from '../failure.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Observed } from './attack.ts';

/** Subresources of a pod by which somebody reaches into it. */
export type Deed = 'exec' | 'attach' | 'portforward';

/** Somebody who asks. */
export interface Outside {
  /** `user jane of the groups a and b`, `Petrify's own identity`. */
  readonly who: string;
  /** The same asked with Petrify's own identity; undefined: this is it. */
  readonly own: Outside | undefined;
  /** Asks whether it may be done, without doing it. Throws Failure where the API server does not say. */
  ask(deed: Deed): Promise<Permission>;
  /** Adds an ephemeral container beside the container, for ever. `refused`: the API server's answer. */
  debug(container: JsonObject): Promise<Observed | undefined>;
  /** What the cluster says of the pod now. */
  pod(): Promise<JsonObject>;
}

export type Permission = { readonly refused: Observed } | { readonly granted: Means };

export interface Means {
  /** Ends the sentence that says what was done: by whom, where that is not the one who asked. */
  readonly note: string;
  /** undefined: allowed, yet not in a way that Petrify can carry out as the one who asked. */
  readonly carry: Carrying | undefined;
}

/** Each throws Failure('cluster-refused') where it is refused after all. */
export interface Carrying {
  exec(command: readonly string[], options?: ExecOptions): Promise<Executed>;
  attach(): Promise<void>;
  /** Whether somebody takes connections on the port. */
  forward(port: number): Promise<boolean>;
}

export interface Reached {
  readonly cluster: Cluster;
  readonly place: Place;
  /** Whom to be; undefined: Petrify's own identity. */
  readonly identity: Identity | undefined;
  /** The namespace whose rights count, where the pod is a copy elsewhere; undefined: the pod's own. */
  readonly home: string | undefined;
}

const OK = 200;
const CREATED = 201;
const FORBIDDEN = 403;
/** Asked without wanting a connection, the API server first says whether it would be allowed. */
const NO_UPGRADE = 400;

export function outsideOf(reached: Reached): Outside {
  const own = asking(reached.cluster, reached, OWN, undefined);
  const { identity } = reached;
  if (identity === undefined) return own;
  return asking(reached.cluster.as(identity), reached, wordsOf(identity), own);
}

const OWN = 'Petrify’s own identity';

export function wordsOf({ user, groups }: Identity): string {
  const named = groups.length === 0 ? '' : ` of the ${groups.length === 1 ? 'group' : 'groups'} ${groups.join(', ')}`;
  return `user ${user}${named}`;
}

function asking(as: Cluster, { cluster, place, home }: Reached, who: string, own: Outside | undefined): Outside {
  const elsewhere = own !== undefined && home !== undefined && home !== place.namespace ? home : undefined;
  const path = `/api/v1/namespaces/${place.namespace}/pods/${place.pod}`;
  return {
    who,
    own,
    async ask(deed) {
      if (elsewhere !== undefined) {
        const refused = await missingRight(as, elsewhere, ['create', 'get'], deed, who);
        if (refused !== undefined) return { refused };
      }
      const query = queryOf(deed, place.container);
      const asked = await question(as, 'GET', `${path}/${deed}?${query}`);
      if (asked === undefined) return { granted: { note: '', carry: carryingBy(as, place) } };
      if (asked.layer !== 'RBAC') return { refused: asked };
      // kubectl falls back to SPDY, which begins with a POST: before Kubernetes 1.35 that is another verb for RBAC.
      const posted = await question(as, 'POST', `${path}/${deed}?${query}`);
      if (posted === undefined && elsewhere === undefined && own !== undefined) {
        return { granted: { note: ', which it may only by POST, and so was not carried out', carry: undefined } };
      }
      if (posted !== undefined && posted.layer !== 'RBAC') return { refused: posted };
      if (elsewhere === undefined && posted !== undefined) return { refused: asked };
      // Its rights are those of another namespace: here it is done in its place.
      const self = await question(cluster, 'GET', `${path}/${deed}?${query}`);
      if (self !== undefined) return { refused: self };
      const note = `, which RBAC grants in namespace ${elsewhere}; on the copy it was done with ${OWN}`;
      return { granted: { note, carry: carryingBy(cluster, place) } };
    },
    async debug(container) {
      if (elsewhere !== undefined) {
        const refused = await missingRight(as, elsewhere, ['patch', 'update'], 'ephemeralcontainers', who);
        if (refused !== undefined) return refused;
      }
      const there = listOf(objectOr((await cluster.api.get(path)).body.spec).ephemeralContainers);
      const all = [...there, container];
      const refused = await patchContainers(as, path, all);
      return refused?.layer === 'RBAC' && elsewhere !== undefined ? patchContainers(cluster, path, all) : refused;
    },
    pod: async () => (await cluster.api.get(path)).body,
  };
}

function queryOf(deed: Deed, container: string): URLSearchParams {
  if (deed === 'portforward') return new URLSearchParams({ ports: '1' });
  const query = { container, stdout: 'true', stderr: 'true' };
  return new URLSearchParams(deed === 'exec' ? { ...query, command: 'true' } : query);
}

function carryingBy(cluster: Cluster, place: Place): Carrying {
  return {
    exec: (command, options) => orForbidden(cluster.exec(place, command, options)),
    attach: () => orForbidden(cluster.attach(place)),
    forward: (port) => orForbidden(cluster.forward(place).listens(port)),
  };
}

/** Refused only once it was carried out: from Kubernetes 1.35 on a WebSocket needs the verb `create` as well as `get`. */
export class Forbidden extends Failure {}

async function orForbidden<T>(doing: Promise<T>): Promise<T> {
  try {
    return await doing;
  } catch (error) {
    if (!(error instanceof Failure) || !error.message.includes(`server response: ${FORBIDDEN}`)) throw error;
    throw new Forbidden(error.code, error.message);
  }
}

/** The API server's own answer for rights in a namespace where nothing is done. */
async function missingRight(
  as: Cluster,
  namespace: string,
  verbs: readonly string[],
  subresource: string,
  who: string,
): Promise<Observed | undefined> {
  for (const verb of verbs) {
    const resourceAttributes = { namespace, verb, group: '', resource: 'pods', subresource };
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    };
    const { status, body } = await as.api.send(
      'POST',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      review,
    );
    if (status !== CREATED) throw notSaid(status, body);
    if (objectOr(body.status).allowed === true) return undefined;
  }
  const detail = `RBAC does not let ${who} ${verbs[0]} pods/${subresource} in namespace ${namespace}`;
  return { result: 'refused', errno: null, layer: 'RBAC', detail };
}

/** undefined: it would be allowed. */
async function question(as: Cluster, method: 'GET' | 'POST', path: string): Promise<Observed | undefined> {
  const { status, body } = method === 'GET' ? await as.api.get(path) : await as.api.send('POST', path);
  if (status === NO_UPGRADE || status < 300) return undefined;
  return refusalOf(status, body);
}

async function patchContainers(
  as: Cluster,
  path: string,
  ephemeralContainers: readonly unknown[],
): Promise<Observed | undefined> {
  const { status, body } = await as.api.send('PATCH', `${path}/ephemeralcontainers`, { spec: { ephemeralContainers } });
  return status === OK ? undefined : refusalOf(status, body);
}

/** RBAC names the user and the verb; whatever else forbids is admission, in its own words. */
export function refusalOf(status: number, body: JsonObject): Observed {
  const words = textOf(body.message) ?? '';
  if (status !== FORBIDDEN || /cannot impersonate resource/.test(words)) throw notSaid(status, body);
  const layer = /User "[^"]*" cannot \w+ resource/.test(words) ? 'RBAC' : 'admission';
  return { result: 'refused', errno: null, layer, detail: `the API server refuses it: ${words}` };
}

function notSaid(status: number, body: JsonObject): Failure {
  return new Failure(
    'cannot-prove',
    `The API server does not say whether it is allowed: ${textOf(body.message) ?? `status ${status}`}.`,
  );
}
