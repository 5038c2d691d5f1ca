/** Reads what a command was given into workloads, and keeps what could not be read beside them. */

import { Failure } from '../failure.ts';
import type { ManifestDocument, ManifestText, Unreadable } from '../manifest/document.ts';
import { eachDocument } from '../manifest/read.ts';
import { readSources } from '../source/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { unjudged } from '../workload/unjudged.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';

/** So many kinds are named when an input holds no workload. */
const MAX_KINDS_NAMED = 5;

export interface Input {
  readonly texts: readonly ManifestText[];
  readonly documents: readonly ManifestDocument[];
  readonly workloads: readonly Workload[];
  readonly unreadable: readonly Unreadable[];
}

/** Reads files, directories and `-`. Bad documents end in `unreadable`; the rest is there. */
export async function readInput(paths: readonly string[], io: Io): Promise<Input> {
  const sources = await readSources(paths, { stdin: io.stdin });
  return inputOf(sources.texts, sources.unreadable);
}

/** The workloads of texts that were read. */
export function inputOf(texts: readonly ManifestText[], unread: readonly Unreadable[]): Input {
  const documents: ManifestDocument[] = [];
  const workloads: Workload[] = [];
  const unreadable: Unreadable[] = [...unread];
  for (const text of texts) {
    for (const document of eachDocument(text, (problem) => unreadable.push(problem))) {
      documents.push(document);
      const found = findWorkloads(document);
      unreadable.push(...unjudged(document, found));
      workloads.push(...found);
    }
  }
  return { texts, documents, workloads, unreadable };
}

/** Ends the command where the input holds nothing that makes pods; says what it holds instead, or why it cannot be read. */
export function requireWorkloads(input: Input, paths: readonly string[], io: Io): void {
  if (input.workloads.length > 0) return;
  const [first, ...others] = input.unreadable;
  sayUnreadable({ unreadable: others }, io);
  if (first) throw new Failure('bad-manifest', placed(first), first.hint === undefined ? {} : { hint: first.hint });
  const kinds = [...new Set(input.documents.map(({ value }) => kindOf(value)))].slice(0, MAX_KINDS_NAMED);
  throw noWorkloads(paths, kinds);
}

/** Nothing in the input makes pods: the failure that says what it holds instead. */
export function noWorkloads(paths: readonly string[], kinds: readonly string[]): Failure {
  const found = kinds.length > 0 ? ` It holds ${kinds.join(', ')}.` : '';
  return new Failure('no-workload', `${paths.join(', ')}: nothing in it makes pods.${found}`, {
    hint: 'a workload is a Pod, Deployment, StatefulSet, DaemonSet, ReplicaSet, Job, CronJob, or any object with a pod template',
  });
}

function kindOf(value: unknown): string {
  const kind = typeof value === 'object' && value !== null ? (value as { kind?: unknown }).kind : undefined;
  return typeof kind === 'string' && kind !== '' ? kind : 'a document without a kind';
}

const placed = ({ file, line, message }: Unreadable) => `${file}:${line}: ${message}`;

/** Says on stderr what could not be read, for commands whose report is about something else. */
export function sayUnreadable({ unreadable }: Pick<Input, 'unreadable'>, io: Io): void {
  for (const one of unreadable) {
    io.err(`petrify: ${io.visible(placed(one))}\n`);
    if (one.hint !== undefined) io.err(`  hint: ${io.visible(one.hint)}\n`);
  }
}
