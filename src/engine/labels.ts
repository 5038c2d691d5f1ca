/** Finds by label what Petrify has made on an engine. */
import type { Address } from './address.ts';
import { ask } from './container-calls.ts';
import { RUN_LABEL } from './engine.ts';
import { jsonOf } from './http.ts';

/** One entry of an engine's list of containers or networks. */
export type Listed = Readonly<Record<string, unknown>>;

/** The `filters` parameter, which both engines read alike: everything that Petrify made, or what one run made. */
export function labelFilter(run: string | undefined): string {
  return encodeURIComponent(JSON.stringify({ label: [run === undefined ? RUN_LABEL : `${RUN_LABEL}=${run}`] }));
}

/** Newest first: a container that joined another's network must go before it. */
export async function list(address: Address, path: string): Promise<Listed[]> {
  const answer = await ask(address, { method: 'GET', path }, 'list what Petrify made');
  const listed = (jsonOf(answer) as Listed[] | null) ?? [];
  // Docker tells seconds since 1970, Podman an RFC 3339 text: each sorts as what it is.
  return listed.sort((a, b) => (String(a.Created) < String(b.Created) ? 1 : -1));
}

/** The runs that the labels of listed things name. */
export function runsOf(labels: readonly unknown[]): string[] {
  const runs = labels.map((set) => (typeof set === 'object' && set !== null ? (set as Listed)[RUN_LABEL] : undefined));
  return [...new Set(runs.filter((run) => typeof run === 'string'))];
}
