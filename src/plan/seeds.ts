/** The init container that fills volumes with what the image ships in their place, before the application starts. */
import type { Tools } from '../image/tools.ts';
import { type JsonObject, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { shellWord } from './shell-word.ts';

/** One volume to be filled. */
export interface Seed {
  readonly volume: string;
  /** The directory of the image. */
  readonly from: string;
  /** undefined: the whole directory; else only these files of it. */
  readonly files: readonly string[] | undefined;
}

/** Where the volumes are mounted while they are filled: over nothing that the image has. */
const SEED_ROOT = '/petrify-seed';
/** The part of a volume that a copied directory becomes; mounted by itself, it keeps its own owner and mode. */
export const CONTENT = 'content';
/** With what the name of the init container begins. */
export const SEED_PREFIX = 'seed-';

/** Root without capabilities may neither read what others keep to themselves nor give it back to them. */
const ROOT_NEEDS = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/**
 * The init container. It runs as the application's own user, so that what it copies belongs to whom the application is;
 * what is there already stays (a volume outlives its pod's containers, and a claim its pod), and a copy that was broken
 * off is made anew. Without a shell, plain `cp` does it for one directory and without that last care.
 * @param isRoot whether the application's user is root: only then may the copy have capabilities
 */
export function seedContainer(
  name: string,
  container: Container,
  securityContext: JsonObject,
  isRoot: boolean,
  seeds: readonly Seed[],
  tools: Exclude<Tools, 'none'>,
): JsonObject {
  const { image, spec } = container;
  const pullPolicy = textOf(spec.imagePullPolicy);
  const resources = objectOr(spec.resources);
  return {
    name,
    image: image ?? '',
    ...(pullPolicy === undefined ? {} : { imagePullPolicy: pullPolicy }),
    command: tools === 'sh' ? ['sh', '-c', script(seeds)] : plainCopy(seeds),
    // The image's working directory may be closed to the user.
    workingDir: '/',
    ...(Object.keys(resources).length > 0 ? { resources } : {}),
    securityContext: isRoot
      ? { ...securityContext, capabilities: { drop: ['ALL'], add: [...ROOT_NEEDS] } }
      : securityContext,
    volumeMounts: seeds.map(({ volume }) => ({ name: volume, mountPath: `${SEED_ROOT}/${volume}` })),
  };
}

function script(seeds: readonly Seed[]): string {
  const directories = seeds.filter(({ files }) => files === undefined);
  const files = seeds.flatMap((seed) => (seed.files ?? []).map((name) => ({ ...seed, name })));
  return [
    'set -e',
    COPY,
    ...(directories.length > 0 ? [SEED_DIRECTORY] : []),
    ...(files.length > 0 ? [SEED_FILE] : []),
    ...directories.map(({ volume, from }) => `seed ${shellWord(from)} ${SEED_ROOT}/${volume}`),
    ...files.map(
      ({ volume, from, name }) =>
        `seed_file ${shellWord(`${from === '/' ? '' : from}/${name}`)} ${SEED_ROOT}/${volume} ${shellWord(name)}`,
    ),
    '',
  ].join('\n');
}

/**
 * What the application's user may not read, it need not have, and what it copies is its own (of which busybox complains):
 * everything else that goes wrong ends the copy.
 */
const COPY = `copy() {
  problems=$(LC_ALL=C cp -a "$1" "$2" 2>&1) && return 0
  echo "$problems" >&2
  (set -f; IFS='
'; for line in $problems; do case $line in *'Permission denied' | *'preserve ownership'*) ;; *) exit 1 ;; esac; done)
}`;
/** Moved into its place when it is complete. What a broken copy has left may be closed to its own owner. */
const SEED_DIRECTORY = `seed() {
  [ ! -e "$2/${CONTENT}" ] || return 0
  [ ! -e "$2/.${CONTENT}" ] || { chmod -R u+rwx "$2/.${CONTENT}" 2>/dev/null || :; rm -rf "$2/.${CONTENT}"; }
  copy "$1" "$2/.${CONTENT}"
  mkdir -p "$2/.${CONTENT}"
  mv "$2/.${CONTENT}" "$2/${CONTENT}"
}`;
/** A file that the image lacks, or hides from the user, begins empty. */
const SEED_FILE = `seed_file() {
  [ ! -e "$2/$3" ] || return 0
  rm -f "$2/.${CONTENT}"
  [ ! -e "$1" ] || copy "$1" "$2/.${CONTENT}"
  [ -e "$2/.${CONTENT}" ] || : > "$2/.${CONTENT}"
  mv "$2/.${CONTENT}" "$2/$3"
}`;

/** `-n`: what is there stays. */
function plainCopy(seeds: readonly Seed[]): string[] {
  const [{ volume, from } = { volume: '', from: '' }] = seeds;
  return ['cp', '-a', '-n', `${from}/.`, `${SEED_ROOT}/${volume}/${CONTENT}`];
}

/** Whether a shell-less image's `cp` can do all of it. */
export function canCopyPlainly(seeds: readonly Seed[]): boolean {
  return seeds.length === 1 && seeds[0]!.files === undefined;
}
