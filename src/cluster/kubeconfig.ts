/** Finds and reads the kubeconfig as kubectl does, and picks the context; the library keeps its credentials. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { load } from 'js-yaml';
import { Failure } from '../failure.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

export interface KubeconfigOptions {
  /** Path of the kubeconfig; absent: as kubectl finds it. */
  readonly kubeconfig?: string | undefined;
  /** Name of the context; absent: the current one. */
  readonly context?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const MAX_KUBECONFIG_BYTES = 8 * 1024 * 1024;

/** A configuration with its current context set, whose cluster and user exist. */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<KubeConfig> {
  // Loaded only now: it takes most of a second.
  const library = await import('@kubernetes/client-node');
  const files = filesOf(options);
  const config = new library.KubeConfig();
  if (files.length > 0) merge(config, files, () => new library.KubeConfig());
  else if (isInCluster(options.env)) config.loadFromCluster();
  else throw nothingFound();
  pickContext(config, options.context, files);
  return config;
}

/** The flag wins over KUBECONFIG, KUBECONFIG over ~/.kube/config; of a list, what does not exist is passed over. */
function filesOf({ kubeconfig, env }: KubeconfigOptions): string[] {
  if (kubeconfig !== undefined) return [kubeconfig];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) {
    const there = listed.filter((file) => existsSync(file));
    if (there.length === 0) throw missing(listed.join(', '));
    return there;
  }
  const own = join(textOf(env.HOME) ?? homedir(), '.kube', 'config');
  return existsSync(own) ? [own] : [];
}

function isInCluster(env: NodeJS.ProcessEnv): boolean {
  return textOf(env.KUBERNETES_SERVICE_HOST) !== undefined && existsSync(SERVICE_ACCOUNT_TOKEN);
}

/** The first file that names a thing wins, and so does the first current context. */
function merge(config: KubeConfig, files: readonly string[], create: () => KubeConfig): void {
  const clusters = new Set<string>();
  const users = new Set<string>();
  const contexts = new Set<string>();
  for (const file of files) {
    const one = readInto(create(), file);
    for (const cluster of one.clusters) if (isNew(clusters, cluster.name)) config.addCluster(cluster);
    for (const user of one.users) if (isNew(users, user.name)) config.addUser(user);
    for (const context of one.contexts) if (isNew(contexts, context.name)) config.addContext(context);
    config.currentContext ||= one.currentContext;
  }
}

function isNew(seen: Set<string>, name: string): boolean {
  if (seen.has(name)) return false;
  seen.add(name);
  return true;
}

function readInto(config: KubeConfig, file: string): KubeConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw missing(file);
    throw unreadable(file, cause);
  }
  if (text.length > MAX_KUBECONFIG_BYTES) throw unreadable(file, new Error('it is larger than 8 MiB'));
  try {
    const value = load(text);
    if (!isObject(value) || (value.kind !== undefined && value.kind !== 'Config')) {
      throw new Error('it is not of kind Config');
    }
    config.loadFromString(JSON.stringify(completed(value, dirname(file))));
    config.makePathsAbsolute(dirname(file));
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return config;
}

/** What kubectl does and the library does not: `tokenFile`, and telling a credential plugin which cluster it is for. */
function completed(config: JsonObject, folder: string): JsonObject {
  const users = listOf(config.users).map((entry) => {
    const user = objectOr(objectOr(entry).user);
    const tokenFile = textOf(user.tokenFile);
    if (tokenFile !== undefined) {
      const path = isAbsolute(tokenFile) ? tokenFile : join(folder, tokenFile);
      return {
        ...objectOr(entry),
        user: { ...user, 'auth-provider': { name: 'tokenFile', config: { tokenFile: path } } },
      };
    }
    if (!isObject(user.exec)) return entry;
    const { exec } = user;
    const info = { apiVersion: exec.apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
    const env = [...listOf(exec.env), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }];
    const command = textOf(exec.command) ?? '';
    // As for every path in a kubeconfig: relative to the file, where it is a path at all.
    const program = command.includes('/') && !isAbsolute(command) ? join(folder, command) : command;
    return { ...objectOr(entry), user: { ...user, exec: { ...exec, command: program, env } } };
  });
  return { ...config, users };
}

function pickContext(config: KubeConfig, wanted: string | undefined, files: readonly string[]): void {
  const names = config.contexts.map(({ name }) => name);
  const name = wanted ?? config.currentContext;
  const place = files.length > 0 ? files.join(', ') : 'the kubeconfig';
  const known = names.length > 0 ? `--context with one of: ${names.slice(0, MAX_NAMED).join(', ')}` : 'add a context';
  if (!name) throw new Failure('no-cluster', `${place}: there is no current context.`, { hint: known });
  const context = config.contexts.find((one) => one.name === name);
  if (context === undefined) throw new Failure('no-cluster', `${place}: there is no context ${name}.`, { hint: known });
  config.setCurrentContext(name);
  if (!config.clusters.some((cluster) => cluster.name === context.cluster)) {
    throw new Failure(
      'no-cluster',
      `${place}: the context ${name} names the cluster ${context.cluster}, which is not there.`,
      {
        hint: 'correct the kubeconfig',
      },
    );
  }
  if (config.users.some((user) => user.name === context.user)) return;
  if (context.user) {
    throw new Failure(
      'no-cluster',
      `${place}: the context ${name} names the user ${context.user}, which is not there.`,
      {
        hint: 'correct the kubeconfig',
      },
    );
  }
  // Without any user the library leaves the cluster's certificate authority out, too.
  config.contexts = config.contexts.map((one) => (one === context ? { ...one, user: ANONYMOUS } : one));
  config.addUser({ name: ANONYMOUS });
}

const MAX_NAMED = 10;
const ANONYMOUS = 'petrify-anonymous';

function nothingFound(): Failure {
  return new Failure('no-cluster', 'No kubeconfig was found, and this is no pod of a cluster.', {
    hint: '--kubeconfig FILE, KUBECONFIG, or ~/.kube/config',
  });
}

function missing(file: string): Failure {
  return new Failure('no-cluster', `${file}: no such kubeconfig.`, { hint: 'check the path' });
}

function unreadable(file: string, cause: unknown): Failure {
  const reason = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
  return new Failure('no-cluster', `${file}: cannot be read as a kubeconfig: ${reason}.`, { cause });
}
