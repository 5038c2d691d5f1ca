/** Judges a stream of texts and prints the report while it goes: results in the order of the input, memory bounded. */
import type { ManifestText, Notice, Unreadable } from '../manifest/document.ts';
import type { Tally, WeighedObject } from '../report/check-result.ts';
import { piecesOf } from '../report/pieces.ts';
import type { Source, SourceItem } from '../source/source.ts';
import { alone, type Crew } from './crew.ts';
import { type Bench, MAX_KINDS_NAMED, type TextResult } from './judge-text.ts';
import { enter, type Ledger, ledger as newLedger, unused } from './ledger.ts';
import { Mounts } from './mounts.ts';
import { said } from './said.ts';
import { add, NOTHING, tallyObject } from './tally.ts';
import { weighObject } from './weigh.ts';

export interface Checked {
  readonly tally: Tally;
  readonly unreadable: readonly Unreadable[];
  readonly notices: readonly Notice[];
  readonly ledger: Ledger;
  /** A few kinds of documents that make no pods. */
  readonly otherKinds: readonly string[];
}

/** Characters that are judged in one go: small files together, so that a worker is asked seldom. */
const BATCH = 96 * 1024;
/** Results that may wait for an earlier one. */
const MAX_WAITING = 16;

/** A result in its place, or what the source itself has to say there. */
type Outcome = Promise<Partial<TextResult>>;

/**
 * @param print called with the report piece by piece; nothing is printed before something was judged, and nothing at all
 * where there is nothing to say
 * @param settings what is wrong with the settings themselves
 */
export async function check(
  source: Source,
  bench: Bench,
  print: (text: string) => void,
  crew: Crew = alone(bench),
  settings: readonly WeighedObject[] = [],
): Promise<Checked> {
  const report = piecesOf(bench.format, print);
  const unreadable = said<Unreadable>((count) => `${count} more could not be read`);
  const notices = said<Notice>((count) => `${count} more notices`);
  const mounts = new Mounts();
  const otherKinds = new Set<string>();
  const ledger = newLedger();
  let tally = NOTHING;
  const take = (result: Partial<TextResult>): void => {
    for (const one of result.unreadable ?? []) unreadable.add(one);
    for (const one of result.notices ?? []) notices.add(one);
    mounts.note(result.mounts ?? [], result.held ?? []);
    for (const piece of result.objects ?? []) report.object(piece);
    for (const piece of result.workloads ?? []) report.workload(piece);
    for (const kind of result.otherKinds ?? []) if (otherKinds.size < MAX_KINDS_NAMED) otherKinds.add(kind);
    if (result.tally !== undefined) tally = add(tally, result.tally);
    if (result.ledger !== undefined) enter(ledger, result.ledger);
  };
  try {
    const waiting: Outcome[] = [];
    for await (const outcome of outcomesOf(source, crew)) {
      waiting.push(outcome.result);
      if (waiting.length > MAX_WAITING) take(await waiting.shift()!);
    }
    for (const outcome of waiting) take(await outcome);
  } finally {
    await crew.end();
  }
  for (const judged of mounts.judged(bench)) {
    const weighed = weighObject(judged, bench.rules, bench.controlOf, ledger);
    tally = add(tally, tallyObject(weighed));
    if (weighed.findings.length > 0) report.object(bench.format.object(weighed));
  }
  const problems = unreadable.all();
  const passed = [...notices.all(), ...mounts.notices()];
  if (problems.length > 0 || isAnything(tally)) {
    for (const object of settings) {
      tally = add(tally, { ...tallyObject(object), objects: 0 });
      report.object(bench.format.object(object));
    }
    passed.push(...unused(bench.rules, ledger));
    report.close({ tally, unreadable: problems, notices: passed });
  }
  return { tally, unreadable: problems, notices: passed, ledger, otherKinds: [...otherKinds] };
}

/** What becomes of everything that the source gives, in its order. An outcome is wrapped, so that nothing waits for it here. */
async function* outcomesOf(source: Source, crew: Crew): AsyncGenerator<{ readonly result: Outcome }> {
  let batch: ManifestText[] = [];
  let characters = 0;
  for await (const item of source) {
    if ('text' in item) {
      batch.push(item.text);
      characters += item.text.text.length;
      if (characters < BATCH) continue;
    }
    if (batch.length > 0) yield await crew.judge(batch);
    batch = [];
    characters = 0;
    if (!('text' in item)) yield { result: Promise.resolve(ownWords(item)) };
  }
  if (batch.length > 0) yield await crew.judge(batch);
}

function ownWords(item: Exclude<SourceItem, { text: ManifestText }>): Partial<TextResult> {
  return 'notice' in item ? { notices: [item.notice] } : { unreadable: [item.unreadable] };
}

function isAnything({ workloads, objects }: Tally): boolean {
  return objects + workloads.mutable + workloads.bypassable + workloads.immutable > 0;
}
