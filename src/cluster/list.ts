/** Lists a resource page by page, so that no more than one page of it is in memory. */
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Api } from './api.ts';

/** What is listed: `/api/v1` and `pods`. */
export interface Resource {
  readonly group: string;
  readonly plural: string;
}

export const PAGE = 250;
/** So many pages of one list: more than five million objects. */
const MAX_PAGES = 20_000;
/** A list that changes faster than it can be read: its continuation expires (410) again and again. */
const MAX_RESTARTS = 3;

const EXPIRED = 410;

/** A resource that the API server would not list. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface ListOptions {
  readonly namespace: string | undefined;
  readonly fieldSelector?: string;
  /** The list starts again from its beginning: forget what was given. Absent: it is refused then. */
  readonly onRestart?: () => void;
}

/** The pages of a list; ends in `Refused` where the API server says no. */
export async function* pagesOf(
  api: Api,
  resource: Resource,
  { namespace, fieldSelector, onRestart }: ListOptions,
): AsyncGenerator<readonly JsonObject[]> {
  const path = pathOf(resource, namespace);
  let next: string | undefined;
  let restarts = 0;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
    if (next !== undefined) query.set('continue', next);
    const { status, body } = await api.get(`${path}?${query}`);
    const token = textOf(objectOr(body.metadata).continue);
    const goesOn = token !== undefined || onRestart !== undefined;
    if (status === EXPIRED && goesOn && restarts++ < MAX_RESTARTS) {
      // The server offers, as a rule, to go on behind the last key, with the state of now: each object once, at its own moment.
      if (token === undefined) onRestart?.();
      next = token;
      continue;
    }
    if (status !== 200) throw refusedBy(status, body);
    yield listOf(body.items).map(objectOr);
    next = token;
    if (next === undefined) return;
  }
}

/** One object, as a page of its own. */
export async function* oneOf(
  api: Api,
  resource: Resource,
  namespace: string | undefined,
  name: string,
): AsyncGenerator<readonly JsonObject[]> {
  const { status, body } = await api.get(pathOf(resource, namespace, name));
  if (status !== 200) throw refusedBy(status, body);
  yield [body];
}

function refusedBy(status: number, body: JsonObject): Refused {
  return new Refused(status, textOf(body.message) ?? `status ${status}`);
}

/** Path of a resource, in one namespace or in all; of one object of it. */
export function pathOf({ group, plural }: Resource, namespace: string | undefined, name?: string): string {
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const below = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${group}${within}/${plural}${below}`;
}
