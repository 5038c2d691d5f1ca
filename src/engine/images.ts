/** Images as both engines describe them: the configuration, and pulling one. */
import { Failure } from '../failure.ts';
import { textsOf } from '../workload/value.ts';
import type { Address } from './address.ts';
import type { ImageConfig } from './engine.ts';
import { reasonOf, stream } from './http.ts';

/** A registry may be slow to answer, but not silent for this long. */
const PULL_SILENCE_MS = 120_000;

function keysOf(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value).sort() : [];
}

/** Reads what `images/{name}/json` answers, on either engine. The id is given without `sha256:`. */
export function imageConfigFrom(value: unknown): ImageConfig {
  const seen = value as { Id?: unknown; RepoDigests?: unknown; Config?: Record<string, unknown> | null };
  const config = seen.Config ?? {};
  const text = (item: unknown) => (typeof item === 'string' ? item : '');
  return {
    id: text(seen.Id).replace(/^sha256:/, ''),
    digests: textsOf(seen.RepoDigests),
    user: text(config.User),
    volumes: keysOf(config.Volumes),
    workingDir: text(config.WorkingDir),
    entrypoint: textsOf(config.Entrypoint),
    cmd: textsOf(config.Cmd),
    env: textsOf(config.Env),
    exposedPorts: keysOf(config.ExposedPorts),
  };
}

/** Pulls; both engines answer a stream of JSON lines in which an `error` may stand although the status was 200. */
export async function pullWith(
  address: Address,
  path: string,
  signal: AbortSignal | undefined,
): Promise<{ ok: true } | { ok: false; reason: string }> {
  const response = await stream(address, { method: 'POST', path, signal, timeoutMs: PULL_SILENCE_MS });
  let rest = '';
  let reason: string | undefined;
  try {
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) reason = errorIn(line) ?? reason;
    }
  } catch (cause) {
    if (signal?.aborted) throw new Failure('interrupted', 'Interrupted.', { cause });
    return { ok: false, reason: (cause as Error).message };
  }
  reason = errorIn(rest) ?? reason;
  const status = response.statusCode ?? 0;
  if (status >= 400) return { ok: false, reason: reasonOf({ status, headers: {}, body: Buffer.from(rest) }) };
  return reason === undefined ? { ok: true } : { ok: false, reason };
}

function errorIn(line: string): string | undefined {
  try {
    const { error } = JSON.parse(line) as { error?: unknown };
    return typeof error === 'string' && error !== '' ? error.trim() : undefined;
  } catch {
    return undefined;
  }
}
