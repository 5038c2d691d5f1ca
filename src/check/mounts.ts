/** Who mounts a ConfigMap or Secret is known when everything was read: until then the little that matters is remembered. */
import type { Control, Finding, ObjectControl, Target } from '../controls/control.ts';
import type { ObjectVerdict } from '../controls/verdict.ts';
import type { ManifestDocument, ManifestText, Node, Notice } from '../manifest/document.ts';
import { lineAround } from '../report/span.ts';
import { followedConfiguration } from '../workload/configuration.ts';
import { exceptionsAt } from '../workload/exceptions.ts';
import type { KubernetesObject } from '../workload/objects.ts';
import { isObject, type JsonObject, objectOr } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';

/** Which object, and who mounts it: plain data that goes from core to core. */
export interface MountNote {
  readonly key: string;
  readonly by: string;
  readonly file: string;
}

/** What is remembered of an object that a control finds fault with if anybody mounts it. */
export interface HeldObject {
  readonly key: string;
  readonly object: Omit<KubernetesObject, 'document'>;
  readonly text: Omit<ManifestText, 'text'>;
  readonly index: number;
  readonly findings: readonly HeldFinding[];
  /** The annotations with exceptions, by name. */
  readonly annotations: JsonObject;
}

/** A finding with the line that it points into. */
interface HeldFinding {
  readonly finding: Finding;
  readonly line: string;
  /** Of the finding, in the line. */
  readonly start: number;
  readonly end: number;
}

/** Stands for whoever may mount an object, while nobody knows. */
export const ANYBODY: readonly string[] = ['?'];

/** Characters that all notes together may hold; a cluster's worth of references is a small part of it. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** What a note takes beside its characters. */
const NOTE_SIZE = 100;
const OBJECT_SIZE = 1000;

const keyOf = ({ kind, namespace, name }: Pick<KubernetesObject, 'namespace' | 'name'> & { readonly kind: string }) =>
  JSON.stringify([kind, namespace ?? 'default', name]);

/** What a workload mounts: `Deployment shop/web` mounts a ConfigMap. */
export function mountsOf(workload: Workload): MountNote[] {
  const { kind, namespace, name, source } = workload;
  const by = `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  return followedConfiguration(workload).map((one) => copied({ key: keyOf(one), by, file: source.file }));
}

/** @param findings what is found if somebody mounts it */
export function hold(object: KubernetesObject, findings: readonly Finding[]): HeldObject {
  const { document, ...rest } = object;
  const { text: _, ...text } = document.text;
  const written = exceptionsAt(document.value, [...object.objectPath, 'metadata', 'annotations']);
  const all = objectOr(objectOr(object.value.metadata).annotations);
  const annotations: Record<string, unknown> = {};
  for (const { path } of written) annotations[path.at(-1)!] = all[path.at(-1)!];
  return copied({
    key: keyOf(object),
    object: { ...rest, value: { immutable: isObject(object.value.immutable) ? {} : object.value.immutable } },
    text,
    index: document.index,
    findings: findings.map((finding) => ({ finding, ...lineAround(document, finding.position.offset) })),
    annotations,
  });
}

/** Strings of their own: a slice would keep the text that it was cut from in memory. */
function copied<T>(note: T): T {
  return JSON.parse(JSON.stringify(note)) as T;
}

/** What the end needs of the bench. */
export interface Joining {
  readonly rules: { readonly target: Target };
  /** Controls of the level that have to know who mounts an object, by id. */
  readonly asking: ReadonlyMap<string, ObjectControl>;
  /** The ids of all controls. */
  readonly ids: ReadonlySet<string>;
}

/** Everything that was noted, within bounds. */
export class Mounts {
  readonly #by = new Map<string, string[]>();
  readonly #held: HeldObject[] = [];
  #size = 0;
  /** Where the first note came from that did not fit. */
  #full: string | undefined;

  note(mounts: readonly MountNote[], held: readonly HeldObject[]): void {
    for (const { key, by, file } of mounts) {
      if (!this.#fits(key.length + by.length + NOTE_SIZE, file)) return;
      const known = this.#by.get(key);
      if (known === undefined) this.#by.set(key, [by]);
      else known.push(by);
    }
    for (const one of held) {
      if (!this.#fits(sizeOf(one), one.text.file)) return;
      this.#held.push(one);
    }
  }

  /** The objects with what is found of them now that everybody is known, in the order of the input. */
  *judged({ asking, ids, rules: { target } }: Joining): Generator<ObjectVerdict> {
    for (const held of this.#held) {
      const mountedBy = this.#by.get(held.key) ?? [];
      const object = standIn(held);
      const subject = { object, target, mountedBy, today: undefined, controls: ids };
      const findings: Finding[] = [];
      let offset = 0;
      for (const { finding, line, start } of held.findings) {
        const position = { ...finding.position, offset: offset + start };
        offset += line.length + 1;
        const violations = asking.get(finding.control)?.check(subject) ?? [finding];
        const path = JSON.stringify(finding.path);
        const same = violations.find((one) => JSON.stringify(one.path) === path);
        if (same !== undefined) findings.push({ ...finding, ...same, position });
      }
      yield { object, findings };
    }
  }

  notices(): Notice[] {
    if (this.#full === undefined) return [];
    const message = 'more is mounted than can be remembered: who mounts what from here on was not looked at';
    return [{ file: this.#full, message, hint: 'check it in parts that belong together' }];
  }

  #fits(size: number, file: string): boolean {
    this.#size += size;
    if (this.#size > MAX_CHARACTERS) this.#full ??= file;
    return this.#full === undefined;
  }
}

function sizeOf({ key, annotations, findings }: HeldObject): number {
  let size = OBJECT_SIZE + key.length + JSON.stringify(annotations).length;
  for (const { line } of findings) size += line.length;
  return size;
}

/** The object with nothing but what a report still asks of its document: the lines of its findings, its exceptions. */
function standIn({ object, text, index, findings, annotations }: HeldObject): KubernetesObject {
  const lines = findings.map(({ line }) => line).join('\n');
  const items: Node[] = [];
  let offset = 0;
  for (const { line, start, end } of findings) {
    items.push({ kind: 'scalar', value: null, shared: false, start: offset + start, end: offset + end });
    offset += line.length + 1;
  }
  const value = { ...object.value, metadata: { annotations } };
  const whole = object.objectPath.reduceRight<unknown>((below, step) => ({ [step]: below }), value);
  const root: Node = { kind: 'sequence', flow: false, items, shared: false, start: 0, end: lines.length };
  const document: ManifestDocument = {
    text: { ...text, text: lines },
    index,
    start: 0,
    end: lines.length,
    root,
    value: whole,
  };
  return { ...object, value, document };
}

/** The controls that have to know who mounts an object, by id. */
export function askingForMounts(controls: readonly Control[]): ReadonlyMap<string, ObjectControl> {
  const asking = new Map<string, ObjectControl>();
  for (const control of controls) if (control.on === 'object' && control.asksForMounts) asking.set(control.id, control);
  return asking;
}
