/** Judges every document of one text, and renders each result where it was judged. */
import type { Control, ObjectControl } from '../controls/control.ts';
import { judge, judgeObject } from '../controls/verdict.ts';
import type { ManifestDocument, ManifestText, Notice, Unreadable } from '../manifest/document.ts';
import type { Glance } from '../manifest/glance.ts';
import { eachDocument } from '../manifest/read.ts';
import { type ControlOf, controlsById, type Format, type Tally } from '../report/check-result.ts';
import { findWorkloads } from '../workload/find.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { findObjects, isObjectKind, type ObjectKind } from '../workload/objects.ts';
import { isOfNoUse } from '../workload/pass-over.ts';
import { unjudged } from '../workload/unjudged.ts';
import type { Workload } from '../workload/workload.ts';
import { type Ledger, ledger as newLedger } from './ledger.ts';
import { ANYBODY, askingForMounts, type HeldObject, hold, type MountNote, mountsOf } from './mounts.ts';
import type { Rules } from './rules.ts';
import { add, NOTHING, tallyObject, tallyWorkload } from './tally.ts';
import { reports, weighObject, weighWorkload } from './weigh.ts';

/** What came of some texts: pieces of the report, in the order of the texts, and what stands beside them. */
export interface TextResult {
  readonly workloads: readonly string[];
  readonly objects: readonly string[];
  readonly unreadable: readonly Unreadable[];
  readonly notices: readonly Notice[];
  readonly tally: Tally;
  readonly ledger: Ledger;
  /** Kinds of the documents that make no pods, each once, a few at most. */
  readonly otherKinds: readonly string[];
  /** For the end, when everything was read; empty where no control of the level asks who mounts what. */
  readonly mounts: readonly MountNote[];
  readonly held: readonly HeldObject[];
}

export interface Bench {
  readonly rules: Rules;
  readonly format: Format;
  readonly images: ReadonlyMap<string, ImageFacts>;
  readonly controlOf: ControlOf;
  /** Objects that a control of this level looks at. */
  readonly kinds: ReadonlySet<ObjectKind>;
  /** Controls of this level that have to know who mounts an object, by id. */
  readonly asking: ReadonlyMap<string, ObjectControl>;
  /** The ids of all controls. */
  readonly ids: ReadonlySet<string>;
}

/** So many kinds are named when an input holds no workload. */
export const MAX_KINDS_NAMED = 5;

export function benchFor(
  rules: Rules,
  format: Format,
  controls: readonly Control[],
  images: ReadonlyMap<string, ImageFacts>,
): Bench {
  const kinds = new Set<ObjectKind>();
  for (const control of controls) {
    if (control.on === 'object' && reports(rules, control)) for (const kind of control.kinds) kinds.add(kind);
  }
  const asking = askingForMounts(controls.filter((control) => reports(rules, control)));
  const ids = new Set(controls.map(({ id }) => id));
  return { rules, format, images, controlOf: controlsById(controls), kinds, asking, ids };
}

/** Judges texts. Never throws for what stands in them. */
export function judgeTexts(texts: readonly ManifestText[], bench: Bench): TextResult {
  const { rules, format, controlOf, images, kinds, asking } = bench;
  const asIf = asking.size > 0 ? { mountedBy: ANYBODY } : {};
  const circumstances = { images, target: rules.target, today: rules.today };
  const workloads: string[] = [];
  const objects: string[] = [];
  const unreadable: Unreadable[] = [];
  const notices: Notice[] = [];
  const otherKinds = new Set<string>();
  const mounts: MountNote[] = [];
  const held: HeldObject[] = [];
  const ledger = newLedger();
  let tally = NOTHING;
  const noteKind = (kind: string): void => {
    if (otherKinds.size < MAX_KINDS_NAMED) otherKinds.add(kind === '' ? 'a document without a kind' : kind);
  };
  const passOver = (glance: Glance): boolean => {
    const passed = isOfNoUse(glance) && !(isObjectKind(glance.apiVersion, glance.kind) && kinds.has(glance.kind));
    if (passed) noteKind(glance.kind);
    return passed;
  };
  const judgeDocument = (document: ManifestDocument): void => {
    const found = findWorkloads(document);
    unreadable.push(...unjudged(document, found));
    for (const workload of found) {
      if (workload.containers.length === 0) unreadable.push(withoutContainers(workload));
      const weighed = weighWorkload(judge(workload, circumstances), rules, controlOf, ledger);
      tally = add(tally, tallyWorkload(weighed));
      workloads.push(format.workload(weighed));
      if (asking.size > 0) mounts.push(...mountsOf(workload));
    }
    if (kinds.size > 0) {
      for (const object of findObjects(document, kinds)) {
        const judged = judgeObject(object, { ...asIf, target: rules.target, today: rules.today });
        if (judged.findings.some(({ control }) => asking.has(control))) {
          held.push(hold(object, judged.findings));
          continue;
        }
        const weighed = weighObject(judged, rules, controlOf, ledger);
        tally = add(tally, tallyObject(weighed));
        if (weighed.findings.length > 0) objects.push(format.object(weighed));
      }
    }
    if (found.length === 0 && otherKinds.size < MAX_KINDS_NAMED) noteKind(kindOf(document.value));
  };
  const report = (problem: Unreadable): void => {
    unreadable.push(problem);
  };
  const skip = (template: Notice): void => {
    notices.push(template);
  };
  for (const text of texts) {
    for (const document of eachDocument(text, report, skip, passOver)) judgeDocument(document);
  }
  return { workloads, objects, unreadable, notices, tally, ledger, otherKinds: [...otherKinds], mounts, held };
}

function kindOf(value: unknown): string {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  return typeof kind === 'string' ? kind : '';
}

/** A pod of which no container can be read: what would run is not known, and unknown is never good. */
function withoutContainers({ kind, name, source }: Workload): Unreadable {
  const message = `no container of ${kind} ${name} can be read: nothing is known of what it would run`;
  return {
    file: source.file,
    line: source.line,
    message,
    hint: 'containers is a list, each item with a name and an image',
  };
}
