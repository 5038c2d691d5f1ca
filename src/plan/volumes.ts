/** Which volumes a container gets so that it can write exactly where it must, and nowhere else. */

import { valueAt } from '../manifest/position.ts';
import type { Evidence } from '../profile/evidence.ts';
import { isBelow, type ShippedDirectory } from '../profile/placement.ts';
import type { WritablePath } from '../profile/profile.ts';
import { suggestSizeLimit } from '../profile/size-limit.ts';
import { isObject, type JsonObject, listOf, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { Change } from './change.ts';
import { type Form, formOf, type Surroundings } from './forms.ts';
import { freeLabel } from './labels.ts';
import { CONTENT, type Seed } from './seeds.ts';

export interface PlannedMount {
  readonly mountPath: string;
  readonly subPath?: string;
}

export interface PlannedVolume {
  readonly name: string;
  readonly path: WritablePath;
  readonly mounts: readonly PlannedMount[];
  /** What fills it before the container starts; undefined: it starts empty. */
  readonly seed: Seed | undefined;
  /** Kubernetes quantity, e.g. `64Mi`. */
  readonly size: string;
  readonly because: string;
}

/** A path that was written and gets no volume. */
export interface LeftOut {
  readonly container: string;
  readonly path: string;
  readonly because: string;
}

/** The names that volumes already have: the pod's own, and those of claim templates, which mounts alone tell. */
export function volumeNames(workload: Workload): Set<string> {
  const names = new Set(workload.containers.flatMap(({ mounts }) => mounts.map(({ volumeName }) => volumeName)));
  for (const { name } of listOf(workload.podSpec.volumes).filter(isObject))
    if (typeof name === 'string') names.add(name);
  const spec = objectOr(valueAt(workload.document.value, [...workload.objectPath, 'spec']));
  for (const template of listOf(spec.volumeClaimTemplates)) {
    const { name } = objectOr(objectOr(template).metadata);
    if (typeof name === 'string') names.add(name);
  }
  return names;
}

/** What of the surroundings of a path is decided for the whole container. */
export interface VolumeDecision extends Omit<Surroundings, 'shipped'> {
  readonly writable: readonly WritablePath[];
  readonly shipped: (path: string) => ShippedDirectory | undefined;
}

/** The writable paths of one container that none of its mounts covers yet, each with its own volume. */
export function planVolumes(
  container: Container,
  { writable, shipped, ...surroundings }: VolumeDecision,
  taken: Set<string>,
): { volumes: readonly PlannedVolume[]; leftOut: readonly LeftOut[] } {
  const volumes: PlannedVolume[] = [];
  const leftOut: LeftOut[] = [];
  const copied: string[] = [];
  for (const path of writable) {
    if (container.mounts.some((mount) => mount.mountPath === path.path)) continue;
    // A copy has everything that the image ships below it.
    if (copied.some((outer) => isBelow(path.path, outer))) continue;
    const form = formOf(path, { ...surroundings, shipped: shipped(path.path) });
    if (form.kind === 'none') {
      leftOut.push({ container: container.name, path: path.path, because: form.because });
      continue;
    }
    if (form.kind === 'copy') copied.push(path.path);
    const name = freeLabel(path.path, 'volume', taken);
    taken.add(name);
    volumes.push({
      name,
      path,
      ...mountsAndSeed(name, path.path, form),
      size: sizeOf(path, shipped),
      because: reason(path, form),
    });
  }
  return { volumes, leftOut };
}

function mountsAndSeed(
  volume: string,
  path: string,
  form: Exclude<Form, { kind: 'none' }>,
): Pick<PlannedVolume, 'mounts' | 'seed'> {
  switch (form.kind) {
    case 'empty':
      return { mounts: [{ mountPath: path }], seed: undefined };
    case 'copy':
      return { mounts: [{ mountPath: path, subPath: CONTENT }], seed: { volume, from: path, files: undefined } };
    case 'files':
      return {
        mounts: form.names.map((name) => ({ mountPath: `${path === '/' ? '' : path}/${name}`, subPath: name })),
        seed: { volume, from: path, files: form.names },
      };
  }
}

/** What was declared and never seen has no peak: its limit must stand for anything usual. */
const UNSEEN_BYTES = 100 * 1024 * 1024;

function sizeOf({ path, kind, bytes, evidence }: WritablePath, shipped: VolumeDecision['shipped']): string {
  const isUnseen = evidence.length > 0 && evidence.every(({ what }) => what === 'declared');
  return suggestSizeLimit(kind, Math.max(bytes, shipped(path)?.bytes ?? 0, isUnseen ? UNSEEN_BYTES : 0));
}

function reason({ kind, evidence }: WritablePath, form: Form): string {
  const [first] = evidence;
  const written = first ? `${kind}: ${sentenceOf(first)}` : kind;
  if (form.kind === 'copy') return `${written}; ${form.because}, so it is copied first`;
  if (form.kind === 'files') return `${written}; nothing else there is written`;
  return written;
}

const VERBS: Readonly<Record<Evidence['what'], string>> = {
  create: 'it creates',
  mkdir: 'it makes the directory',
  modify: 'it changes',
  delete: 'it removes',
  rename: 'it renames',
  attributes: 'it changes the owner or mode of',
  refused: 'it was refused to write',
  declared: 'declared is',
};

/** What was seen, and where; a declaration and a log line prove themselves. */
function sentenceOf({ what, path, detail, collector }: Evidence): string {
  const proof = what === 'declared' || collector === 'log-lines' ? ` (${detail})` : '';
  return `${VERBS[what]} ${path}${proof}`;
}

/** Where the volume's content lives. */
export type Storage =
  | { readonly kind: 'emptyDir' }
  /** A template of the StatefulSet: each pod gets a claim of its own. */
  | { readonly kind: 'claimTemplate' }
  /** One claim, which the output brings along. */
  | { readonly kind: 'claim'; readonly claimName: string };

/** The changes for one volume: its mounts in the container, and the volume (or the claim template) itself. */
export function volumeChanges(
  workload: Workload,
  container: Container,
  { name, mounts, size, because }: PlannedVolume,
  storage: Storage,
): readonly Change[] {
  const mounted = mounts.map((mount): Change => {
    const { mountPath, subPath } = mount;
    const value = { name, mountPath, ...(subPath === undefined ? {} : { subPath }) };
    return { op: 'add', path: [...container.path, 'volumeMounts', '-'], value, because };
  });
  if (storage.kind === 'claimTemplate') {
    const path = [...workload.objectPath, 'spec', 'volumeClaimTemplates', '-'];
    return [...mounted, { op: 'add', path, value: { metadata: { name }, spec: claimSpec(size) }, because }];
  }
  const source: JsonObject =
    storage.kind === 'claim'
      ? { persistentVolumeClaim: { claimName: storage.claimName } }
      : { emptyDir: { sizeLimit: size } };
  return [
    ...mounted,
    { op: 'add', path: [...workload.podSpecPath, 'volumes', '-'], value: { name, ...source }, because },
  ];
}

/** What one pod needs of the cluster's default storage class. */
export function claimSpec(size: string): JsonObject {
  return { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } };
}
