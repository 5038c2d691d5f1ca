/** Remembers in a file what was run and what came of it, so that an interrupted search goes on where it was. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { Failure } from '../failure.ts';
import { recordedLayout } from '../observe/layout-snapshot.ts';
import type { ContainerObservation, Observation } from '../observe/observe.ts';

/** Remembers observations by what was run. */
export interface TrialMemory {
  recall(key: string): Observation | undefined;
  remember(key: string, observation: Observation): void;
}

/** An observation is some 100 kB; a search makes two dozen. */
const MAX_BYTES = 256 * 1024 * 1024;
/** What this program writes; another version's observations may mean something else. */
const FORMAT = 'petrify.dev/trials/v1alpha1';

/** Everything that decides what comes of a run, as one word. */
export function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** One line of JSON for each run. Lines that are broken (the last one of a crash) are passed over. */
export function fileMemory(path: string): TrialMemory {
  const known = new Map<string, Observation>();
  const text = existsSync(path) ? readText(path) : '';
  for (const line of text.split('\n')) addLine(line, known);
  // Behind a line that was broken off, the next one must not be lost with it.
  let lead = text === '' || text.endsWith('\n') ? '' : '\n';
  return {
    recall: (key) => known.get(key),
    remember(key, observation) {
      known.set(key, observation);
      try {
        appendFileSync(path, `${lead}${JSON.stringify({ format: FORMAT, key, observation })}\n`);
        lead = '';
      } catch (cause) {
        throw new Failure('file-unwritable', `${path}: ${(cause as Error).message}`, { cause });
      }
    },
  };
}

function readText(path: string): string {
  try {
    if (statSync(path).size <= MAX_BYTES) return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Failure('file-unreadable', `${path}: ${(cause as Error).message}`, { cause });
  }
  throw new Failure('file-unreadable', `${path} is too large to be what --resume writes.`, {
    hint: 'name another file',
  });
}

function addLine(line: string, known: Map<string, Observation>): void {
  if (line === '') return;
  try {
    const { format, key, observation } = JSON.parse(line) as { format: unknown; key: string; observation: Observation };
    if (format === FORMAT) known.set(key, { ...observation, containers: observation.containers.map(revived) });
  } catch {
    // Broken off while it was written: that run is made again.
  }
}

function revived(container: ContainerObservation): ContainerObservation {
  return { ...container, layout: recordedLayout(container.layout) };
}
