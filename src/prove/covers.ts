/** Whether a proof still covers what a manifest says now, and why not: every difference that the proof does not know. */
import { controls } from '../controls/index.ts';
import { compareVerdicts, judge } from '../controls/verdict.ts';
import { cleanPath } from '../workload/file-path.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { completeImageName } from '../workload/image-name.ts';
import type { Container, Workload } from '../workload/workload.ts';
import { basisOf } from './basis.ts';
import { concludeVerdict } from './conclude.ts';
import type { Basis, Bystander, Proof, ProvenImage, ProvenMount, ProvenProgram, ProvenSettings } from './proof.ts';

export const COVERAGE_SCHEMA = 'petrify.dev/coverage/v1alpha1';

/** A reason why a proof does not cover. */
export interface Uncovered {
  readonly kind: 'workload' | 'container' | 'image' | 'setting' | 'mount' | 'program' | 'verdict' | 'age' | 'form';
  /** `Deployment shop/web`; null: it is about the whole proof. */
  readonly workload: string | null;
  readonly container: string | null;
  /** One sentence. */
  readonly message: string;
}

export interface Coverage {
  readonly schema: typeof COVERAGE_SCHEMA;
  readonly covers: boolean;
  readonly reasons: readonly Uncovered[];
  /** What a reader should know beside that, one sentence each: where it was proven, what could not be compared. */
  readonly notes: readonly string[];
}

/** What is known today of an image, beside its name. */
export interface KnownImage {
  /** The hash of its configuration; empty: not known. */
  readonly id: string;
  readonly digests: readonly string[];
}

export interface CoverOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Older proofs do not cover; absent: any age will do. Milliseconds. */
  readonly maxAgeMs?: number;
  /** By the name that the manifest writes. */
  readonly images?: ReadonlyMap<string, KnownImage>;
}

/** A proof in a form that this Petrify does not read covers nothing. */
export function coversNothing(form: string): Coverage {
  const message = `The proof has the form ${form}, and this Petrify reads another one: prove again.`;
  return concluded([{ kind: 'form', workload: null, container: null, message }], []);
}

/**
 * Every container of every workload must be as it was when it was attacked, and proven then. Environment variables but
 * PATH, probes, resources and labels are not compared: nothing that an attack tries depends on them.
 */
export function covers(proofs: readonly Proof[], workloads: readonly Workload[], options: CoverOptions): Coverage {
  const reasons: Uncovered[] = [];
  const notes: string[] = [];
  const used = new Set<Proof>();
  for (const workload of workloads) {
    const own = proofs.filter((proof) => isOf(proof, workload));
    for (const proof of own) used.add(proof);
    const compared = compare(own, workload, options);
    reasons.push(...compared.reasons);
    notes.push(...compared.notes);
  }
  const others = new Set(proofs.filter((proof) => !used.has(proof)).map(({ workload }) => titleOf(workload)));
  for (const title of others) notes.push(`The proof is about ${title} as well, which the manifest does not have.`);
  const places = new Set([...used].map(({ where }) => where));
  for (const where of places)
    notes.push(
      where.startsWith('sandbox') ? `It was proven in a ${where}, not in a cluster.` : `It was proven in ${where}.`,
    );
  return concluded(reasons, [...new Set(notes)]);
}

function concluded(reasons: readonly Uncovered[], notes: readonly string[]): Coverage {
  return { schema: COVERAGE_SCHEMA, covers: reasons.length === 0, reasons, notes };
}

const titleOf = ({ kind, namespace, name }: { kind: string; namespace?: string | null | undefined; name: string }) =>
  `${kind} ${namespace == null ? '' : `${namespace}/`}${name}`;

function isOf({ workload: proven }: Proof, { kind, namespace, name }: Workload): boolean {
  return proven.kind === kind && proven.namespace === (namespace ?? null) && proven.name === name;
}

type Said = Pick<Coverage, 'reasons' | 'notes'>;

function compare(proofs: readonly Proof[], workload: Workload, options: CoverOptions): Said {
  const title = titleOf(workload);
  if (proofs.length === 0) {
    const message = `The proof says nothing of ${title}.`;
    return { reasons: [{ kind: 'workload', workload: title, container: null, message }], notes: [] };
  }
  const reasons: Uncovered[] = [];
  const notes: string[] = [];
  const say = (container: string | null, kind: Uncovered['kind'], ...messages: readonly string[]) => {
    for (const message of messages) reasons.push({ kind, workload: title, container, message });
  };
  const proven = provenContainers(proofs);
  for (const message of changedContainers(proven, workload.containers)) say(null, 'container', message);
  for (const container of workload.containers) {
    const was = proven.get(container.name);
    if (was === undefined) continue;
    const { name } = container;
    if (was.role !== null && was.role !== container.role)
      say(name, 'container', `It was an ${was.role} container and is a ${container.role} container now.`);
    const image = imageChange(was.image, container.image ?? '', options);
    if (image?.changed === true) say(name, 'image', image.message);
    else if (image !== undefined) notes.push(`${title}, container ${name}: ${image.message}`);
    const now = basisOf(workload, container);
    say(name, 'setting', ...settingChanges(was.settings, now.settings));
    say(name, 'mount', ...mountChanges(was.mounts, now.mounts));
    say(name, 'program', ...programChanges(was.program, now.program));
    if (was.proof !== undefined) say(name, 'age', ...tooOld(was.proof, options));
  }
  for (const { container, message } of verdictChanges(proofs, proven, workload)) say(container, 'verdict', message);
  return { reasons, notes };
}

/** What a proof knows of a container: from an attack on it, or from beside one. */
interface Proven extends Basis {
  /** null: it was attacked, so it was a main container or a sidecar. */
  readonly role: Bystander['role'] | null;
  readonly proof?: Proof;
}

function provenContainers(proofs: readonly Proof[]): ReadonlyMap<string, Proven> {
  const proven = new Map<string, Proven>();
  for (const bystander of proofs.flatMap(({ bystanders }) => bystanders)) proven.set(bystander.name, bystander);
  for (const proof of proofs) {
    const { image, settings, mounts, program } = proof;
    proven.set(proof.workload.container, { role: null, proof, image, settings, mounts, program });
  }
  return proven;
}

function changedContainers(proven: ReadonlyMap<string, Proven>, now: readonly Container[]): readonly string[] {
  const names = new Set(now.map(({ name }) => name));
  const added = now.filter(({ name }) => !proven.has(name));
  const removed = [...proven].filter(([name]) => !names.has(name));
  const messages = repeated(now.map(({ name }) => name)).map(
    (name) => `There is more than one container with the name ${shown(name)}.`,
  );
  for (const [name, was] of removed) {
    const same = added.findIndex(({ image }) => image === was.image.name);
    const [renamed] = same < 0 ? [] : added.splice(same, 1);
    messages.push(
      renamed === undefined
        ? `The container ${shown(name)} was removed.`
        : `The container ${shown(name)} was renamed to ${shown(renamed.name)}.`,
    );
  }
  for (const { name, role } of added)
    messages.push(
      `The ${role === 'main' ? '' : `${role} `}container ${shown(name)} was added, and nobody attacked it.`,
    );
  return messages;
}

/** `changed`: it is another image; otherwise the message says why nobody can tell. */
function imageChange(
  was: ProvenImage,
  now: string,
  { images }: CoverOptions,
): { readonly changed: boolean; readonly message: string } | undefined {
  const pinned = digestIn(now);
  const attacked = [was.name, ...was.digests].map(digestIn).filter((digest) => digest !== undefined);
  if (pinned !== undefined && attacked.includes(pinned)) return undefined;
  if (completeImageName(now) !== completeImageName(was.name)) {
    const sameName = pinned !== undefined && withoutDigest(now) === withoutDigest(was.name);
    if (!sameName)
      return { changed: true, message: `The image is now ${shown(now)}; attacked was ${shown(was.name)}.` };
    const before = attacked.length === 0 ? 'an image without a digest' : attacked.join(' or ');
    return { changed: true, message: `The digest of the image is now ${pinned}; attacked was ${before}.` };
  }
  const known = images?.get(now);
  if (known === undefined) {
    return { changed: false, message: `${shown(now)} names no digest, so the tag may mean another image by now.` };
  }
  const differs = isOther(was, known);
  if (differs === undefined) {
    const message = `whether ${shown(now)} is the image that was attacked cannot be told: they have no digest in common terms.`;
    return { changed: false, message };
  }
  if (!differs) return undefined;
  const is = known.digests[0] ?? known.id;
  const message = `The image ${shown(now)} has another digest: it is ${shown(is)} now; attacked was ${shown(was.digests[0] ?? was.id)}.`;
  return { changed: true, message };
}

/** undefined: it cannot be told. */
function isOther(was: ProvenImage, { id, digests }: KnownImage): boolean | undefined {
  if (was.id !== '' && id !== '') return was.id !== id;
  const [before, now] = [was.digests, digests].map((all) => all.map(digestIn).filter((one) => one !== undefined));
  if (before!.length === 0 || now!.length === 0) return undefined;
  return !before!.some((digest) => now!.includes(digest));
}

const digestIn = (name: string): string | undefined => /@(sha(?:256|512):[\da-f]{64,128})$/.exec(name)?.[1];

/** The name with its tag, as Kubernetes completes it. */
const withoutDigest = (name: string) => completeImageName(name.replace(/@.*$/, ''));

/** As a manifest calls them. `capabilities` are compared by what they come to. */
const FIELDS: Readonly<Record<keyof ProvenSettings, string>> = {
  user: 'runAsUser',
  group: 'runAsGroup',
  supplementaryGroups: 'The supplementary groups (fsGroup, supplementalGroups)',
  runAsNonRoot: 'runAsNonRoot',
  readOnlyRootFilesystem: 'readOnlyRootFilesystem',
  privileged: 'privileged',
  allowPrivilegeEscalation: 'allowPrivilegeEscalation',
  capabilities: 'The capabilities',
  seccomp: 'seccompProfile',
  appArmor: 'appArmorProfile',
  seLinux: 'seLinuxOptions',
  procMount: 'procMount',
  hostUsers: 'hostUsers',
  hostPID: 'hostPID',
  hostIPC: 'hostIPC',
  hostNetwork: 'hostNetwork',
  shareProcessNamespace: 'shareProcessNamespace',
  terminationMessagePath: 'terminationMessagePath',
  devices: 'volumeDevices',
};

function settingChanges(was: ProvenSettings, now: ProvenSettings): readonly string[] {
  return (Object.keys(FIELDS) as (keyof ProvenSettings)[]).flatMap((key) => {
    const [before, after] = key === 'capabilities' ? [was[key].bounding, now[key].bounding] : [was[key], now[key]];
    return changeOf(FIELDS[key], before, after);
  });
}

function mountChanges(was: readonly ProvenMount[], now: readonly ProvenMount[]): readonly string[] {
  const byPath = (mounts: readonly ProvenMount[]) => new Map(mounts.map((mount) => [cleanPath(mount.path), mount]));
  const [before, after] = [byPath(was), byPath(now)];
  const messages = repeated(now.map(({ path }) => cleanPath(path))).map(
    (path) => `There is more than one mount at ${shown(path)}.`,
  );
  for (const [path, mount] of before) {
    const same = after.get(path);
    if (same === undefined) messages.push(`The mount ${shown(path)} was removed.`);
    else messages.push(...changesOfMount(path, mount, same));
  }
  for (const [path, { kind, readOnly }] of after) {
    if (before.has(path)) continue;
    const what = `${shown(kind ?? 'a volume that is not there')}, ${readOnly ? 'read-only' : 'writable'}`;
    messages.push(`A mount was added at ${shown(path)} (${what}).`);
  }
  return messages;
}

/** What Kubernetes refuses, and what could hide one thing behind another. */
function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

const MOUNT_FIELDS: Readonly<Record<Exclude<keyof ProvenMount, 'path'>, string>> = {
  volume: 'the volume',
  kind: 'the kind of volume',
  source: 'what is behind the volume',
  readOnly: 'readOnly',
  subPath: 'subPath',
  sizeLimit: 'sizeLimit',
  medium: 'medium',
  hostPath: 'the directory of the host',
  propagation: 'mountPropagation',
  options: 'the mount options',
};

function changesOfMount(path: string, was: ProvenMount, now: ProvenMount): readonly string[] {
  return (Object.keys(MOUNT_FIELDS) as (keyof typeof MOUNT_FIELDS)[]).flatMap((key) =>
    changeOf(`The mount ${shown(path)} changed: ${MOUNT_FIELDS[key]}`, was[key], now[key]),
  );
}

function programChanges(was: ProvenProgram, now: ProvenProgram): readonly string[] {
  return (Object.keys(PROGRAM_FIELDS) as (keyof ProvenProgram)[]).flatMap((key) =>
    changeOf(PROGRAM_FIELDS[key], was[key], now[key]),
  );
}

const PROGRAM_FIELDS: Readonly<Record<keyof ProvenProgram, string>> = {
  ...{ command: 'command', args: 'args', workingDir: 'workingDir' },
  searchPath: 'PATH',
};

function changeOf(what: string, was: unknown, now: unknown): readonly string[] {
  if (JSON.stringify(was) === JSON.stringify(now)) return [];
  return [`${what} was ${words(was)} and is now ${words(now)}.`];
}

function words(value: unknown): string {
  if (value === null) return 'not set';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : shown(value.join(' '));
  return shown(String(value));
}

/** Longest part of a stranger's text in a sentence. */
const MAX_SHOWN = 160;

const shown = (text: string) =>
  text === '' ? '(nothing)' : text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).toWellFormed()}…` : text;

function tooOld({ time }: Proof, { now, maxAgeMs }: CoverOptions): readonly string[] {
  if (maxAgeMs === undefined) return [];
  const age = now - Date.parse(time);
  if (age < -CLOCK_SKEW_MS) return [`The proof is dated in the future (${time}), so its age cannot be told.`];
  return age > maxAgeMs ? [`The proof is of ${time}, and so older than ${ageWords(maxAgeMs)}.`] : [];
}

/** Clocks of two machines may differ. */
const CLOCK_SKEW_MS = 10 * 60_000;

function ageWords(ms: number): string {
  const hours = ms / 3_600_000;
  return hours >= 48 && hours % 24 === 0 ? `${hours / 24} days` : `${Number(hours.toFixed(2))} hours`;
}

/** A container that was not proven, and one of which the controls of today say something worse than was proven. */
function verdictChanges(
  proofs: readonly Proof[],
  proven: ReadonlyMap<string, Proven>,
  workload: Workload,
): readonly { readonly container: string; readonly message: string }[] {
  const said = proofs.flatMap((proof) => {
    const { verdict, workload, reasons } = proof;
    const { container } = workload;
    if (verdict === 'proven') return contradictionsOf(proof).map((message) => ({ container, message }));
    const why = reasons[0] === undefined ? '' : ` ${shown(reasons[0])}`;
    return [{ container, message: `It was not proven, but ${verdict}.${why}` }];
  });
  const judged = judge(workload, { images: factsOf(proven, workload) }).containers;
  for (const { container, verdict, findings } of judged) {
    const { proof } = proven.get(container.name) ?? {};
    if (proof === undefined || compareVerdicts(verdict, proof.verdict === 'proven' ? 'immutable' : proof.verdict) >= 0)
      continue;
    const worst = findings[0]!;
    const why = controls.find(({ id }) => id === worst.control)!.message(worst.args);
    said.push({ container: container.name, message: `By its specification it is ${verdict} now: ${shown(why)}` });
  }
  return said;
}

/** Where a proof that says `proven` holds something else: what it holds is concluded from anew, and the worse counts. */
function contradictionsOf({ specification, attempts, traces, reasons, bystanders }: Proof): readonly string[] {
  const worse = bystanders.filter(({ verdict }) => verdict !== 'immutable');
  const anew = concludeVerdict({
    spec: specification.verdict,
    findings: [],
    attempts,
    notAttacked: undefined,
    notReady: undefined,
    // What kept a proof of a sandbox from `proven` and not one of a cluster is no contradiction.
    uncontrolled: 'named',
    unproven: [...reasons, ...worse.map(({ name, verdict }) => `The container ${name} beside it is ${verdict}.`)],
    traces,
  });
  if (anew.verdict === 'proven') return [];
  const why = anew.reasons[0] ?? `By its specification it is ${specification.verdict}.`;
  return [`The proof says that it is proven, and contradicts itself: ${shown(why)}`];
}

/** What was known of the images when they were attacked. */
function factsOf(proven: ReadonlyMap<string, Proven>, { containers }: Workload): ReadonlyMap<string, ImageFacts> {
  const facts = new Map<string, ImageFacts>();
  for (const { name, image: written = '' } of containers) {
    const was = proven.get(name);
    if (was === undefined || was.image.user === null) continue;
    const { user, volumes } = was.image;
    const uid = was.settings.user === null ? was.proof?.identity?.uid : undefined;
    facts.set(written, { user, volumes, ...(uid === undefined ? {} : { uid }) });
  }
  return facts;
}
