/** Plans from the embedded catalogue and the files of images, where nothing can be run: weaker than any observation, and it says so. */
import type { CatalogueEntry } from '../catalogue/entry.ts';
import { findEntry, plannedPaths } from '../catalogue/find.ts';
import { readCatalogue } from '../catalogue/read.ts';
import { catalogueCoverage, catalogueEvidence } from '../observe/collectors/catalogue.ts';
import { tcpPorts } from '../observe/exercise.ts';
import type { UnrunContainer } from '../observe/unrun-image.ts';
import type { Change } from '../plan/change.ts';
import { type ContainerDecision, planHardening } from '../plan/plan.ts';
import { buildProfile, type ObservedContainer } from '../profile/build.ts';
import { mergeEvidence } from '../profile/merge.ts';
import { type ImageLayout, parentOf, type ShippedDirectory } from '../profile/placement.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import type { Container, Workload } from '../workload/workload.ts';

export interface FromCatalogue {
  readonly workload: Workload;
  /** Empty when `obstacles` is not. */
  readonly changes: readonly Change[];
  readonly profile: ImmutabilityProfile;
  readonly obstacles: readonly string[];
  /** Containers whose image the catalogue does not know, each one sentence; they are obstacles as well. */
  readonly unknown: readonly string[];
  /** Containers whose images were read as files. */
  readonly read: number;
}

/** Containers whose images were read as files. */
export type Unrun = ReadonlyMap<Container, UnrunContainer>;

/**
 * What the catalogue, and the images where they were read, say of a workload, as a profile and as changes. User and
 * capabilities stay as they are.
 */
export function hardenFromCatalogue(workload: Workload, unrun: Unrun = new Map()): FromCatalogue {
  const containers = workload.containers.filter(({ role }) => role !== 'ephemeral');
  const profile = buildProfile(
    workload,
    containers.map((container) => described(container, unrun.get(container))),
  );
  const unknown = containers.flatMap((container) => unknownWords(container, unrun.get(container)));
  if (unknown.length > 0) return { workload, changes: [], profile, obstacles: unknown, unknown, read: unrun.size };
  const decisions = new Map(containers.map((container) => [container.name, decision(container, unrun.get(container))]));
  const { changes, leftOut, ...plan } = planHardening(workload, decisions);
  const closed = leftOut.map(
    ({ container, path, because }) => `${container} writes into ${path}, which cannot be a volume: ${because}`,
  );
  const obstacles = [...plan.obstacles, ...closed];
  return { workload, changes: obstacles.length > 0 ? [] : changes, profile, obstacles, unknown, read: unrun.size };
}

/** A sentence where nothing says what the container writes: that is no reason to believe that it writes nothing. */
function unknownWords({ name, image }: Container, unrun: UnrunContainer | undefined): string[] {
  if (image !== undefined && known(image) !== undefined) return [];
  if (unrun?.evidence.some(({ detail }) => detail !== 'WORKDIR')) return [];
  const what = `the catalogue does not know the image ${image ?? '(none)'}`;
  return [`${name}: ${what}${unrun === undefined ? '' : ', and its files do not say what it writes'}`];
}

function decision(container: Container, unrun: UnrunContainer | undefined): ContainerDecision {
  const { evidence, layout, mounts } = described(container, unrun);
  return {
    identity: { user: undefined, capabilities: 'default' },
    writable: mergeEvidence(evidence, layout, mounts),
    ports: tcpPorts(container, []),
    shipped: (path) => layout.directory(path),
    directories: 'plain',
    code: 'left-out',
    // Where nothing is known of the image: nearly every one has a shell.
    tools: unrun?.tools ?? 'sh',
  };
}

function described(container: Container, unrun: UnrunContainer | undefined): ObservedContainer {
  const image = container.image ?? '';
  const { runAsUser, runAsGroup } = container.settings;
  const collectors = [...(unrun === undefined ? [] : [unrun.collector]), catalogueCoverage(image)];
  return {
    name: container.name,
    image: unrun?.image ?? { name: image, id: 'unknown' },
    user: unrun?.user ?? {
      uid: runAsUser.value ?? 0,
      gid: runAsGroup.value ?? 0,
      from: runAsUser.value === undefined ? 'image' : 'manifest',
    },
    capabilities: [],
    mounts: container.mounts,
    evidence: [...catalogueEvidence(image), ...(unrun?.evidence ?? [])],
    layout: unrun?.layout ?? layoutOf(image),
    coverage: { ready: false, requests: 0, seconds: 0, shutdown: false, collectors },
  };
}

/** Nothing is read of the image: only that `/var/run` is a link to `/run` everywhere, and what the entry says. */
function layoutOf(image: string): ImageLayout {
  const entry = known(image);
  const shipping = new Map<string, ShippedDirectory>(
    (entry === undefined ? [] : plannedPaths(entry))
      .filter(({ shipsFiles, type }) => shipsFiles || type === 'file')
      .map(({ path, type, executed }) => {
        // Beside single files lies the application itself, for all that is known.
        if (type === 'file') return [parentOf(path), { ...SHIPPING, programs: ['what lies beside single files'] }];
        return [path, executed ? { ...SHIPPING, programs: ['says the catalogue'] } : SHIPPING];
      }),
  );
  return {
    resolve: (path) => path.replace(/^\/var\/run(?=\/|$)/, '/run'),
    directory: (path) => shipping.get(path),
  };
}

/** An entry of the catalogue says that files are shipped, not which. */
const SHIPPING: ShippedDirectory = {
  shippedFiles: 1,
  owner: { uid: 0, gid: 0, mode: 0o755 },
  bytes: 0,
  programs: [],
  outputs: [],
  names: [],
};

function known(image: string): CatalogueEntry | undefined {
  return findEntry(image, readCatalogue().images);
}
