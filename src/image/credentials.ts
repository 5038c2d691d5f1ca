/** What the engines would say to a registry: their own credential files, read and never written. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { objectOr } from '../workload/value.ts';

/** A file of a developer who is logged in everywhere has a few kB. */
const MAX_BYTES = 1024 * 1024;
/** A helper asks a key ring of this machine; a locked one would ask a person. */
const HELPER_TIMEOUT_MS = 5_000;

export interface Credentials {
  readonly user: string;
  readonly password: string;
  /** A refresh token in place of a password, where a registry gave one. */
  readonly identityToken?: string;
}

/** In the order in which Podman looks; Docker's is the last. */
function filesIn(env: NodeJS.ProcessEnv): readonly string[] {
  const home = env.HOME;
  const below = (folder: string | undefined, ...parts: string[]) =>
    folder === undefined || folder === '' ? [] : [join(folder, ...parts)];
  return [
    ...below(env.REGISTRY_AUTH_FILE),
    ...below(env.XDG_RUNTIME_DIR, 'containers', 'auth.json'),
    ...below(env.XDG_CONFIG_HOME ?? (home && join(home, '.config')), 'containers', 'auth.json'),
    ...(env.DOCKER_CONFIG ? below(env.DOCKER_CONFIG, 'config.json') : below(home, '.docker', 'config.json')),
  ];
}

/** undefined: nobody is logged in there; the registry is asked as anybody may. */
export async function credentialsFor(
  host: string,
  repository: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  for (const path of filesIn(env)) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined || text.length > MAX_BYTES) continue;
    const found = await inFile(text, host, repository, env);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function inFile(text: string, host: string, repository: string, env: NodeJS.ProcessEnv) {
  let file: Readonly<Record<string, unknown>>;
  try {
    file = objectOr(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { credHelpers, credsStore, auths } = file;
  for (const key of keysFor(host, repository)) {
    const helper = objectOr(credHelpers)[key];
    const fromHelper = typeof helper === 'string' ? await askHelper(helper, key, env) : undefined;
    const own = fromHelper ?? inEntry(objectOr(auths)[key]);
    if (own !== undefined) return own;
  }
  const isListed = keysFor(host, repository).some((key) => Object.hasOwn(objectOr(auths), key));
  if (typeof credsStore !== 'string' || !isListed) return undefined;
  for (const key of keysFor(host, repository)) {
    const found = await askHelper(credsStore, key, env);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Podman keys by namespaces of a registry as well, the longest first; Docker's own registry has a name of its own there. */
function keysFor(host: string, repository: string): readonly string[] {
  const parts = repository.split('/');
  const names = parts.map((_, at) => `${host}/${parts.slice(0, parts.length - at).join('/')}`);
  const own = host === 'docker.io' ? ['https://index.docker.io/v1/', 'index.docker.io', 'registry-1.docker.io'] : [];
  return [...names, host, ...own, `https://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
}

function inEntry(entry: unknown): Credentials | undefined {
  const { auth, identitytoken } = objectOr(entry);
  const [user, ...rest] = typeof auth === 'string' ? Buffer.from(auth, 'base64').toString('utf8').split(':') : [];
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { user: user ?? '', password: '', identityToken: identitytoken };
  }
  return user === undefined || user === '' || rest.length === 0
    ? undefined
    : { user, password: rest.join(':').replace(/\0+$/, '') };
}

/** `docker-credential-NAME get`, as the engines call it; whatever goes wrong there is no login. */
async function askHelper(helper: string, server: string, env: NodeJS.ProcessEnv): Promise<Credentials | undefined> {
  if (!/^[A-Za-z0-9._-]+$/.test(helper)) return undefined;
  const answer = await new Promise<string>((resolve) => {
    const options = { timeout: HELPER_TIMEOUT_MS, maxBuffer: MAX_BYTES, env };
    const child = execFile(`docker-credential-${helper}`, ['get'], options, (error, out) => resolve(error ? '' : out));
    child.stdin?.on('error', () => {});
    child.stdin?.end(server);
  });
  let said: Readonly<Record<string, unknown>>;
  try {
    said = objectOr(JSON.parse(answer));
  } catch {
    return undefined;
  }
  const { Username, Secret } = said;
  if (typeof Username !== 'string' || typeof Secret !== 'string') return undefined;
  return Username === '<token>'
    ? { user: '', password: '', identityToken: Secret }
    : { user: Username, password: Secret };
}
