/** The reason of every line that a plan changes in a file. */
import { structuredPatch } from 'diff';
import type { ManifestDocument, ManifestText, Path } from '../manifest/document.ts';
import { nodeAt, positionAt, positionOf } from '../manifest/position.ts';
import { readDocuments } from '../manifest/read.ts';
import type { PatchedObject } from './patched-object.ts';
import { commentOf } from './reasons.ts';

/** A line of the difference. */
export interface ExplainedLine {
  /** `-` counts in the file as it was, `+` in the new one. */
  readonly sign: '+' | '-';
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** As a comment; never empty. */
  readonly because: string;
}

/** Lines of a file, both ends included, and why they changed. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly because: string;
}

/**
 * Every line that differs between a file and its new text, in the order of the difference.
 * @param objects those of this file; others are passed over
 */
export function explainedLines(text: ManifestText, after: string, objects: readonly PatchedObject[]): ExplainedLine[] {
  const own = objects.filter(({ document }) => document.text === text);
  const renewed = readDocuments({ file: text.file, text: after }).documents;
  const old: Stretch[] = [];
  const now: Stretch[] = [];
  for (const object of own) {
    const document = renewed.find(({ index }) => index === object.document.index);
    for (const place of object.places) {
      const { because } = place.change;
      if (place.before) old.push(stretchOf(object.document, [...object.objectPath, ...place.before], because));
      if (place.after && document) {
        const path = [...object.objectPath, ...place.after];
        now.push(stretchOf(document, path, because));
        for (let up = 1; up < place.created; up++) now.push(headOf(document, path.slice(0, -up), because));
      }
    }
  }
  return changedLines(text.text, after).map((line) => ({
    ...line,
    because: commentOf(narrowest(line.sign === '+' ? now : old, line.line))[0]!,
  }));
}

function stretchOf(document: ManifestDocument, path: Path, because: string): Stretch {
  const { from } = headOf(document, path, because);
  const node = nodeAt(document, path);
  const to = node === undefined ? from : positionAt(document.text, Math.max(node.start, node.end - 1)).line;
  return { from, to: Math.max(from, to), because };
}

function headOf(document: ManifestDocument, path: Path, because: string): Stretch {
  const { line } = positionOf(document, path);
  return { from: line, to: line, because };
}

/** What says the most about a line: the shortest stretches that hold it; beside all of them, the nearest. */
function narrowest(stretches: readonly Stretch[], line: number): string[] {
  const distance = ({ from, to }: Stretch) => Math.max(from - line, line - to, 0);
  const byFit = (a: Stretch, b: Stretch) => distance(a) - distance(b) || a.to - a.from - (b.to - b.from);
  const best = [...stretches].sort(byFit)[0];
  return stretches.filter((one) => best !== undefined && byFit(one, best) === 0).map(({ because }) => because);
}

function changedLines(before: string, after: string): Omit<ExplainedLine, 'because'>[] {
  const lines: Omit<ExplainedLine, 'because'>[] = [];
  for (const hunk of structuredPatch('', '', before, after, undefined, undefined, { context: 0 }).hunks) {
    let [old, now] = [hunk.oldStart, hunk.newStart];
    for (const text of hunk.lines) {
      if (text.startsWith('-')) lines.push({ sign: '-', line: old++, text: text.slice(1) });
      else if (text.startsWith('+')) lines.push({ sign: '+', line: now++, text: text.slice(1) });
    }
  }
  return lines;
}
