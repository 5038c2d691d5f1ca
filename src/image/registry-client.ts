/** Asks a registry: who we are where it wants to know, redirects to where its blobs lie, and an end to all waiting. */
import { Failure } from '../failure.ts';
import { listOf, objectOr } from '../workload/value.ts';
import { type Credentials, credentialsFor } from './credentials.ts';
import type { Reference } from './reference.ts';

/** Slow registries answer within seconds; one that says nothing for this long never will. */
const SILENCE_MS = 30_000;
/** For one image: a gigabyte over a poor line. */
const TOTAL_MS = 20 * 60_000;
/** A blob's own store, a signed address, one more: nobody needs five. */
const MAX_REDIRECTS = 5;
/** A token is a few kB. */
const MAX_TOKEN_BYTES = 256 * 1024;
/** Of what a registry says about an error. */
const MAX_REASON = 200;

/** Docker's own registry has another name than its images say. */
const HOSTS: Readonly<Record<string, string>> = {
  'docker.io': 'registry-1.docker.io',
  'index.docker.io': 'registry-1.docker.io',
};

export interface Answer {
  readonly body: AsyncIterable<Uint8Array>;
}

export interface RegistryClient {
  /** `path` below the repository, like `manifests/latest`. Throws Failure('image-missing' | 'interrupted'). */
  get(path: string, accept?: string): Promise<Answer>;
}

/** Unencrypted only where nobody else can listen. */
const isLocal = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  /^127(?:\.\d+){3}$/.test(hostname) ||
  hostname === '[::1]';

export function registryClient(
  name: string,
  { host, repository }: Reference,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): RegistryClient {
  const hostname = new URL(`https://${host}`).hostname;
  const local = isLocal(hostname);
  const base = `${local ? 'http' : 'https'}://${HOSTS[host] ?? host}/v2/${repository}/`;
  const deadline = AbortSignal.timeout(TOTAL_MS);
  let authorization: string | undefined;

  const wrong = (why: string, hint = 'check the name and the network', cause?: unknown): Failure =>
    new Failure('image-missing', `image ${name} cannot be read from ${host}: ${why}`, { hint, cause });

  /** No registry may make us ask what lies on this machine or goes over the line in the clear. */
  function allowed(url: URL): URL {
    const safe = url.protocol === 'https:' ? local || !isLocal(url.hostname) : local && isLocal(url.hostname);
    if (!safe || url.username !== '') throw wrong(`it leads to ${url.origin}, which is not asked`);
    return url;
  }

  async function fetchOne(
    url: URL,
    headers: Record<string, string>,
  ): Promise<{ response: Response; alive: () => void }> {
    const silence = new AbortController();
    let timer: NodeJS.Timeout;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(new Error(`nothing came for ${SILENCE_MS / 1000} s`)), SILENCE_MS);
      timer.unref();
    };
    alive();
    const signals = [silence.signal, deadline, ...(signal === undefined ? [] : [signal])];
    try {
      const response = await fetch(url, { headers, redirect: 'manual', signal: AbortSignal.any(signals) });
      alive();
      return { response, alive };
    } catch (error) {
      throw explained(error);
    }
  }

  function explained(error: unknown): Failure {
    if (error instanceof Failure) return error;
    if (signal?.aborted) return new Failure('interrupted', 'Interrupted.', { cause: error });
    if (deadline.aborted) return wrong(`it took longer than ${TOTAL_MS / 60_000} minutes`, undefined, error);
    const { cause, message } = error as Error;
    return wrong(
      cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message,
      undefined,
      error,
    );
  }

  /** Follows redirects; what we are is told to nobody but the registry itself. */
  async function ask(start: URL, headers: Record<string, string>) {
    let url = start;
    let sent = headers;
    for (let redirects = 0; ; redirects++) {
      const { response, alive } = await fetchOne(url, sent);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || location === null) {
        return { response, body: () => bodyOf(response, alive) };
      }
      await response.body?.cancel();
      if (redirects >= MAX_REDIRECTS || !URL.canParse(location, url))
        throw wrong('it leads from one address to the next');
      const next = allowed(new URL(location, url));
      const { authorization: _, ...others } = sent;
      if (next.origin !== url.origin) sent = others;
      url = next;
    }
  }

  async function* bodyOf(response: Response, alive: () => void): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of response.body ?? []) {
        alive();
        yield chunk;
      }
    } catch (error) {
      throw explained(error);
    }
  }

  async function textOf(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limit) break;
    }
    return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
  }

  /** The answer to a 401: our name and password, or a token for it. undefined: there is no way that we know. */
  async function authorizationFor(challenge: string): Promise<string | undefined> {
    const credentials = await credentialsFor(host, repository, env);
    const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/s.exec(challenge) ?? [];
    if (scheme.toLowerCase() === 'basic') return credentials && basic(credentials);
    if (scheme.toLowerCase() !== 'bearer') return undefined;
    const parameters = new Map([...rest.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
    const realm = parameters.get('realm') ?? '';
    if (!URL.canParse(realm)) return undefined;
    const url = allowed(new URL(realm));
    const service = parameters.get('service');
    const scope = parameters.get('scope') ?? `repository:${repository}:pull`;
    const token = credentials?.identityToken;
    if (token !== undefined) return bearer(await exchange(url, { service, scope, token }));
    if (service !== undefined) url.searchParams.set('service', service);
    url.searchParams.set('scope', scope);
    const { response, body } = await ask(url, credentials === undefined ? {} : { authorization: basic(credentials) });
    return bearer(response.ok ? await textOf(body(), MAX_TOKEN_BYTES) : '');
  }

  /** A refresh token is exchanged as OAuth 2 has it; it is a secret, so no redirect is followed. */
  async function exchange(
    url: URL,
    { service, scope, token }: { service: string | undefined; scope: string; token: string },
  ) {
    const form = {
      grant_type: 'refresh_token',
      refresh_token: token,
      scope,
      client_id: 'petrify',
      service: service ?? '',
    };
    const body = new URLSearchParams(form);
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.any([deadline, AbortSignal.timeout(SILENCE_MS)]),
    }).catch((error: unknown) => {
      throw explained(error);
    });
    return response.ok
      ? textOf(
          bodyOf(response, () => {}),
          MAX_TOKEN_BYTES,
        )
      : '';
  }

  async function refusal(response: Response, body: AsyncIterable<Uint8Array>): Promise<Failure> {
    const said = reasonIn(await textOf(body, MAX_TOKEN_BYTES).catch(() => ''));
    const why = `it answers ${response.status}${said === '' ? '' : `: ${said}`}`;
    const secret = response.status === 401 || response.status === 403;
    return wrong(
      why,
      secret ? `log in with \`docker login ${host}\` or \`podman login ${host}\`, or check the name` : undefined,
    );
  }

  return {
    async get(path, accept) {
      const url = new URL(path, base);
      const headers = (): Record<string, string> => ({
        ...(accept === undefined ? {} : { accept }),
        ...(authorization === undefined ? {} : { authorization }),
      });
      let { response, body } = await ask(url, headers());
      if (response.status === 401) {
        const challenge = response.headers.get('www-authenticate') ?? '';
        const answer = await authorizationFor(challenge);
        if (answer === undefined) throw await refusal(response, body());
        await response.body?.cancel();
        authorization = answer;
        ({ response, body } = await ask(url, headers()));
      }
      if (response.status !== 200) throw await refusal(response, body());
      return { body: body() };
    },
  };
}

const basic = ({ user, password }: Credentials): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

function bearer(answer: string): string | undefined {
  try {
    const { token, access_token } = objectOr(JSON.parse(answer));
    const found = token ?? access_token;
    return typeof found === 'string' && /^[\x21-\x7e]+$/.test(found) ? `Bearer ${found}` : undefined;
  } catch {
    return undefined;
  }
}

/** The first error's message, one bounded line: a stranger wrote it. */
function reasonIn(text: string): string {
  try {
    const { errors } = objectOr(JSON.parse(text));
    const { code, message } = objectOr(listOf(errors)[0]);
    return String(message ?? code ?? '')
      .replace(/\s+/g, ' ')
      .slice(0, MAX_REASON);
  } catch {
    return '';
  }
}
