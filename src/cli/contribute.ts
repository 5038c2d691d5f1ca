/** Prints what was observed as entries of the catalogue, each checked as the catalogue's own files are. */
import { contributedEntry, renderEntry } from '../catalogue/contribute.ts';
import { parseEntry } from '../catalogue/read.ts';
import type { ImmutabilityProfile } from '../profile/profile.ts';
import { coverageLines } from '../report/profile-text.ts';
import type { Io } from './io.ts';
import { version } from './version.ts';

/** One YAML document a container. What cannot be an entry is said instead. */
export function contribute(profiles: readonly ImmutabilityProfile[], now: Date, io: Io): void {
  const entries: string[] = [];
  for (const container of profiles.flatMap(({ spec }) => spec.containers)) {
    const text = renderEntry(
      contributedEntry(container, {
        version: version(),
        date: now.toISOString().slice(0, 10),
        coverage: coverageLines(container.coverage),
      }),
    );
    try {
      parseEntry({ name: container.name, text });
      entries.push(text);
    } catch (error) {
      io.err(
        `note: ${io.visible(`nothing of ${container.name} can be in the catalogue: ${(error as Error).message}`)}\n`,
      );
    }
  }
  io.out(entries.join('---\n'));
}
