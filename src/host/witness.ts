/**
 * A witness of how a container ends: a second container of the same image that stands in the files of the first, and still
 * sees them when that has ended. It takes a pod whose processes share one namespace.
 */
import type { Cluster } from '../cluster/client.ts';
import { type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import { type FileList, listCommand, parseFileList } from './file-list.ts';

const PREFIX = 'petrify-witness-';

/** It ends when it has told what it saw, or with the pod's grace. */
const STAND = `trap '' TERM QUIT INT HUP; while :; do sleep 1; done`;
/** Until it stands there; a signal must not come before. */
const BEGIN_TIMEOUT_MS = 3_000;
const RESOURCES = { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '256Mi' } };

/** What the witness does: goes where the container's first process lives, waits for its end, and lists what is there. */
const TELL = `
for p in $(ls /proc | grep '^[0-9]' | sort -n); do
  if grep -q "$1" /proc/$p/cgroup 2>/dev/null; then pid=$p; break; fi
done
cd "/proc/$pid/root" || exit 9
echo standing
while [ -e "/proc/$pid/stat" ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
${listCommand(['.']).map(quoted).join(' ')}
me=$(cat /proc/self/cgroup)
for p in $(ls /proc | grep '^[0-9]'); do
  [ "$p" != "$$" ] && [ "$(cat /proc/$p/cgroup 2>/dev/null)" = "$me" ] && kill -9 "$p"
done`;

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * A pod with a witness for each main container that may write its root. undefined: there is none to be watched, or the
 * workload says itself how its processes see each other.
 */
export function withWitnesses(pod: JsonObject, { podSpec, containers }: Workload): JsonObject | undefined {
  if (podSpec.shareProcessNamespace !== undefined) return undefined;
  const watched = new Set(
    containers
      .filter(({ role, settings }) => role === 'main' && !settings.readOnlyRootFilesystem.value)
      .map(({ name }) => name),
  );
  const spec = objectOr(pod.spec);
  const written = listOf(spec.containers).map(objectOr);
  const witnesses = written.filter(({ name }) => watched.has(textOf(name) ?? '')).map(witnessOf);
  if (witnesses.length === 0) return undefined;
  return { ...pod, spec: { ...spec, shareProcessNamespace: true, containers: [...written, ...witnesses] } };
}

/** As the same user with the same rights: anybody else may not stand there. */
function witnessOf({ name, image, imagePullPolicy, securityContext }: JsonObject): JsonObject {
  return {
    name: `${PREFIX}${String(name)}`.slice(0, LONGEST_NAME),
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(securityContext === undefined ? {} : { securityContext }),
    command: ['sh', '-c', STAND],
    resources: RESOURCES,
  };
}

const LONGEST_NAME = 63;

/** What a witness will tell. */
export interface Testimony {
  /** The container's files after its end; a string says why they were not seen. */
  told(): Promise<FileList | string>;
}

/** Resolves once the witness of a container stands in its files. @param pod as the API server last gave it */
export async function callWitness(
  cluster: Cluster,
  at: { readonly namespace: string; readonly pod: string },
  pod: JsonObject,
  { container, timeoutMs }: { readonly container: string; readonly timeoutMs: number },
): Promise<Testimony> {
  const status = listOf(objectOr(pod.status).containerStatuses).map(objectOr);
  const id = textOf(status.find(({ name }) => name === container)?.containerID)?.split('://')[1] ?? 'none';
  const { promise: stands, resolve } = Promise.withResolvers<void>();
  const place = { ...at, container: `${PREFIX}${container}`.slice(0, LONGEST_NAME) };
  const command = ['sh', '-c', TELL, 'tell', id];
  const telling = cluster.exec(place, command, { timeoutMs, onOutput: resolve }).then(
    ({ stdout, stderr }) => {
      const files = parseFileList(fromRoot(stdout.toString('utf8')));
      return files.size > 0 ? files : `its witness saw nothing: ${stderr.toString('utf8').trim().slice(0, 200)}`;
    },
    (error: Error) => error.message,
  );
  await Promise.race([stands, telling, new Promise((end) => setTimeout(end, BEGIN_TIMEOUT_MS).unref())]);
  return { told: () => telling };
}

/** `./etc` → `/etc`, and `.` → `/`. */
function fromRoot(list: string): string {
  return list.replace(/^((?:\S+ ){5})\.(?:\/|$)/gm, '$1/');
}
