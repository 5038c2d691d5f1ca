/** Judges a stream of texts and prints the report while it goes: results in the order of the input, memory bounded. */
import type { Notice, Unreadable } from '../manifest/document.ts';
import type { Tally } from '../report/check-result.ts';
import type { Source } from '../source/source.ts';
import { type Bench, judgeText, MAX_KINDS_NAMED } from './judge-text.ts';
import { add, NOTHING } from './tally.ts';

export interface Checked {
  readonly tally: Tally;
  readonly unreadable: readonly Unreadable[];
  readonly notices: readonly Notice[];
  /** A few kinds of documents that make no pods. */
  readonly otherKinds: readonly string[];
}

/** @param print called with the report piece by piece; nothing is printed before something was judged */
export async function check(source: Source, bench: Bench, print: (text: string) => void): Promise<Checked> {
  const { format } = bench;
  const unreadable: Unreadable[] = [];
  const notices: Notice[] = [];
  const objects: string[] = [];
  const otherKinds = new Set<string>();
  let tally = NOTHING;
  let printed = 0;
  for await (const item of source) {
    if ('unreadable' in item) unreadable.push(item.unreadable);
    else if ('notice' in item) notices.push(item.notice);
    else {
      const result = judgeText(item.text, bench);
      unreadable.push(...result.unreadable);
      objects.push(...result.objects);
      tally = add(tally, result.tally);
      for (const kind of result.otherKinds) if (otherKinds.size < MAX_KINDS_NAMED) otherKinds.add(kind);
      for (const piece of result.workloads) print((printed++ === 0 ? format.open() : format.separator) + piece);
    }
  }
  if (printed === 0) print(format.open());
  print(format.objects + objects.join(format.separator));
  print(format.close({ tally, unreadable, notices }));
  return { tally, unreadable, notices, otherKinds: [...otherKinds] };
}
