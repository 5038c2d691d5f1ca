/** Real servers made immutable without a hint, each put in service and attacked: `servers [NAME…] [--more] [--load-seconds N] [--format F] [--keep DIR]`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureImage } from '../setup/images.ts';
import { removeLeftovers } from '../src/engine/cleanup.ts';
import { connectEngine } from '../src/engine/connect.ts';
import { MORE, serverNamed, TWELVE } from './servers/fleet.ts';
import { unaided } from './servers/program.ts';
import { type Score, scoreServer } from './servers/score.ts';
import { FORMATS, type Format, renderScores, totalsOf } from './servers/table.ts';

const LOAD_SECONDS = 60;
/** As a shell reports SIGINT. */
const INTERRUPTED = 130;

/** @returns the exit code: 0 when every server that was asked for is hardened and works */
export default async function bench(args: readonly string[]): Promise<number> {
  const { names, loadSeconds, format, keep } = read(args);
  const engine = await connectEngine('auto', process.env);
  await removeLeftovers(engine);
  const interruption = new AbortController();
  const stop = () => interruption.abort(new Error('interrupted'));
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const { signal } = interruption;
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'petrify-servers-'));
  const scores: Score[] = [];
  try {
    const hardenOptions = await unaided(signal);
    for (const name of names) {
      const server = await serverNamed(name);
      await ensureImage(engine, server.image);
      const progress = (line: string) => process.stderr.write(`${name}: ${line}\n`);
      const own = join(folder, name);
      mkdirSync(own, { recursive: true });
      const score = await scoreServer(engine, server, { loadSeconds, hardenOptions, folder: own, signal, progress });
      progress(score.failed === undefined ? 'hardened and working' : score.failed);
      scores.push(score);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    process.stderr.write('interrupted: what was measured until then is printed\n');
    return INTERRUPTED;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    if (keep === undefined) rmSync(folder, { recursive: true, force: true });
    // What was measured before an interruption is worth as much as ever.
    if (scores.length > 0) process.stdout.write(renderScores(scores, format));
  }
  const { servers, hardened } = totalsOf(scores);
  return servers === hardened ? 0 : 1;
}

interface Arguments {
  readonly names: readonly string[];
  readonly loadSeconds: number;
  readonly format: Format;
  readonly keep: string | undefined;
}

/** Throws for an option that is none, or a value that is of no use. */
function read(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      more: { type: 'boolean', default: false },
      'load-seconds': { type: 'string', default: String(LOAD_SECONDS) },
      format: { type: 'string', default: 'text' },
      keep: { type: 'string' },
    },
  });
  const loadSeconds = Number(values['load-seconds']);
  if (!(loadSeconds > 0)) throw new Error('--load-seconds takes a number of seconds above 0.');
  const format = FORMATS.find((known) => known === values.format);
  if (format === undefined) throw new Error(`--format takes ${FORMATS.join(', ')}.`);
  const names = positionals.length > 0 ? positionals : values.more ? MORE : TWELVE;
  return { names, loadSeconds, format, keep: values.keep === undefined ? undefined : resolve(values.keep) };
}
