/** Plans from the embedded catalogue alone, where nothing can be run: weaker than any observation, and it says so. */
import type { CatalogueEntry } from '../catalogue/entry.ts';
import { findEntry, plannedPaths } from '../catalogue/find.ts';
import { readCatalogue } from '../catalogue/read.ts';
import { catalogueCoverage, catalogueEvidence } from '../observe/collectors/catalogue.ts';
import { tcpPorts } from '../observe/exercise.ts';
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
}

/** What the catalogue says of a workload's images, as a profile and as changes. User and capabilities stay as they are. */
export function hardenFromCatalogue(workload: Workload): FromCatalogue {
  const containers = workload.containers.filter(({ role }) => role !== 'ephemeral');
  const profile = buildProfile(workload, containers.map(described));
  const unknown = containers
    .filter(({ image }) => image === undefined || known(image) === undefined)
    .map(({ name, image }) => `${name}: the catalogue does not know the image ${image ?? '(none)'}`);
  if (unknown.length > 0) return { workload, changes: [], profile, obstacles: unknown, unknown };
  const decisions = new Map(containers.map((container) => [container.name, decision(container)]));
  const { changes, obstacles } = planHardening(workload, decisions);
  return { workload, changes: obstacles.length > 0 ? [] : changes, profile, obstacles, unknown };
}

function decision(container: Container): ContainerDecision {
  const { evidence, layout, mounts } = described(container);
  return {
    identity: { user: undefined, capabilities: 'default' },
    writable: mergeEvidence(evidence, layout, mounts),
    ports: tcpPorts(container, []),
  };
}

function described(container: Container): ObservedContainer {
  const image = container.image ?? '';
  const { runAsUser, runAsGroup } = container.settings;
  return {
    name: container.name,
    image: { name: image, id: 'unknown' },
    user: {
      uid: runAsUser.value ?? 0,
      gid: runAsGroup.value ?? 0,
      from: runAsUser.value === undefined ? 'image' : 'manifest',
    },
    capabilities: [],
    mounts: container.mounts,
    evidence: catalogueEvidence(image),
    layout: layoutOf(image),
    coverage: { ready: false, requests: 0, seconds: 0, shutdown: false, collectors: [catalogueCoverage(image)] },
  };
}

/** Nothing is read of the image: only that `/var/run` is a link to `/run` everywhere, and what the entry says. */
function layoutOf(image: string): ImageLayout {
  const entry = known(image);
  const shipping = new Set(
    (entry === undefined ? [] : plannedPaths(entry))
      .filter(({ shipsFiles, type }) => shipsFiles || type === 'file')
      .map(({ path, type }) => (type === 'file' ? parentOf(path) : path)),
  );
  return {
    resolve: (path) => path.replace(/^\/var\/run(?=\/|$)/, '/run'),
    directory: (path) => (shipping.has(path) ? SHIPPING : undefined),
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
