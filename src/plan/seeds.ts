/** The init container that fills volumes with what the image ships in their place, before the application starts. */
import type { Tools } from '../image/tools.ts';
import { type JsonObject, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';

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
/** Name of the init container before it is made unique. */
const PREFIX = 'seed-';
const MAX_NAME = 63;

/** Root without capabilities may neither read what others keep to themselves nor give it back to them. */
const ROOT_NEEDS = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/** A DNS label that says for whom; unique among the pod's containers. */
export function seedName(container: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? '' : `-${number}`;
    const name = `${`${PREFIX}${container}`.slice(0, MAX_NAME - suffix.length)}${suffix}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * The init container. It runs as the application's own user, so that what it copies belongs to whom the application is;
 * what is there already stays (a volume outlives its pod's containers, and a claim its pod), and a copy that was broken
 * off is made anew. Without a shell, plain `cp` does it for one directory and without that last care.
 */
export function seedContainer(
  name: string,
  container: Container,
  securityContext: JsonObject,
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
    securityContext: seedContext(securityContext),
    volumeMounts: seeds.map(({ volume }) => ({ name: volume, mountPath: `${SEED_ROOT}/${volume}` })),
  };
}

function seedContext(context: JsonObject): JsonObject {
  if (context.runAsNonRoot === true) return context;
  return { ...context, capabilities: { drop: ['ALL'], add: [...ROOT_NEEDS] } };
}

function script(seeds: readonly Seed[]): string {
  const directories = seeds.filter(({ files }) => files === undefined);
  return [
    'set -e',
    COPY,
    ...(directories.length > 0 ? [SEED] : []),
    ...directories.map(({ volume, from }) => `seed ${quoted(from)} ${SEED_ROOT}/${volume}`),
    ...seeds.flatMap(({ volume, from, files = [] }) =>
      files.map((name) => seedFile(`${SEED_ROOT}/${volume}`, from, name)),
    ),
    '',
  ].join('\n');
}

/** What the application's user may not read, it need not have: everything else that goes wrong ends the copy. */
const COPY = `copy() {
  problem=$(LC_ALL=C cp -a "$1" "$2" 2>&1) || case $problem in *denied*) echo "$problem" >&2 ;; *) echo "$problem" >&2; exit 1 ;; esac
}`;
/** Moved into its place when it is complete. */
const SEED = `seed() {
  [ ! -e "$2/${CONTENT}" ] || return 0
  rm -rf "$2/.${CONTENT}"
  copy "$1" "$2/.${CONTENT}"
  mkdir -p "$2/.${CONTENT}"
  mv "$2/.${CONTENT}" "$2/${CONTENT}"
}`;

function seedFile(to: string, from: string, name: string): string {
  const [here, there] = [quoted(`${from}/${name}`), quoted(`${to}/${name}`)];
  return `[ -e ${there} ] || { [ ! -e ${here} ] || copy ${here} ${there}; : >> ${there}; }`;
}

/** `-n`: what is there stays. */
function plainCopy(seeds: readonly Seed[]): string[] {
  const [{ volume, from } = { volume: '', from: '' }] = seeds;
  return ['cp', '-a', '-n', `${from}/.`, `${SEED_ROOT}/${volume}/${CONTENT}`];
}

/** Whether a shell-less image's `cp` can do all of it. */
export function canCopyPlainly(seeds: readonly Seed[]): boolean {
  return seeds.length === 1 && seeds[0]!.files === undefined;
}

/** A word for the shell, whatever the path holds. */
export function quoted(text: string): string {
  return /^[\w./@+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
