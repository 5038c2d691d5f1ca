/** What `check` was asked for, from the command line, the environment and the settings file; zod is loaded only where a file is read. */
import type { Known, Rules } from '../check/rules.ts';
import { controls } from '../controls/index.ts';
import { Failure } from '../failure.ts';
import type { Notice } from '../manifest/document.ts';
import type { WeighedObject } from '../report/check-result.ts';
import { findSettings } from '../settings/find.ts';
import { type Said, type Settled, settle } from '../settings/settle.ts';
import type { Io } from './io.ts';

export interface RuleOptions extends Said {
  /** A file; false: none is read; absent: the nearest is looked for. */
  readonly config?: string | false;
  readonly recordKnown?: string;
  readonly diffFrom?: string;
}

export interface Asked {
  readonly rules: Rules;
  readonly settled: Settled;
  readonly notices: readonly Notice[];
  readonly findings: readonly WeighedObject[];
}

export async function askedFor(options: RuleOptions, io: Io): Promise<Asked> {
  const today = new Date().toISOString().slice(0, 10);
  const settings = await settingsOf(options, today, io);
  const settled = settle(options, io.env, settings?.said ?? {});
  if (options.recordKnown !== undefined && options.diffFrom !== undefined)
    throw new Failure('bad-usage', '--record-known records everything, and --diff-from judges a part', {
      hint: 'take one of them away',
    });
  const rules: Rules = {
    level: settled.level,
    failOn: settled.failOn,
    target: settled.target,
    today,
    off: settings?.off ?? new Set(),
    levels: settings?.levels ?? new Map(),
    exceptions: settings?.exceptions ?? [],
    known: await knownOf(options.recordKnown, settled.known),
    partial: options.diffFrom !== undefined,
  };
  return { rules, settled, notices: settings?.notices ?? [], findings: settings?.findings ?? [] };
}

async function settingsOf(options: RuleOptions, today: string, io: Io) {
  if (options.config === false) return undefined;
  const named = options.config ?? (io.env.PETRIFY_CONFIG || undefined);
  const file = named ?? findSettings(process.cwd());
  if (file === undefined) return undefined;
  const { besideSettings, readSettings } = await import('../settings/read.ts');
  const settings = readSettings(file, controls, today);
  if (named === undefined && file.startsWith('..')) io.err(`petrify: settings of ${io.visible(file)}\n`);
  const { known, helmValues, ...rest } = settings.values;
  const beside = (path: string) => besideSettings(settings, path);
  const said: Said = { ...rest, known: known && beside(known), helmValues: helmValues?.map(beside) };
  return { ...settings, said };
}

async function knownOf(record: string | undefined, known: string | undefined): Promise<Known | undefined> {
  if (record === undefined && known === undefined) return undefined;
  const { readKnown, recordingTo } = await import('../settings/known.ts');
  return record === undefined ? readKnown(known!) : recordingTo(record);
}
