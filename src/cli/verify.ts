/** `petrify prove --verify`: whether a proof that was kept still covers a manifest. Nothing is run. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Failure } from '../failure.ts';
import { type Coverage, covers, coversNothing, type KnownImage } from '../prove/covers.ts';
import { MAX_PROOF_LENGTH, readProofs } from '../prove/read.ts';
import { renderCoverageJson, renderCoverageText } from '../report/coverage.ts';
import type { FormatName } from '../report/format.ts';
import { styleFor } from '../report/style.ts';
import { writeOutput } from '../source/write.ts';
import type { Workload } from '../workload/workload.ts';
import { EXIT_CANNOT_RUN, EXIT_FINDINGS, EXIT_HOLDS } from './exit-codes.ts';
import { readInput, requireWorkloads, sayUnreadable } from './input.ts';
import type { Io } from './io.ts';

export interface VerifyOptions {
  /** The file of the proof. */
  readonly verify: string;
  readonly format: FormatName;
  /** Milliseconds. */
  readonly maxAge?: number;
  /** Where today's images are looked at: `engine`, `registry`, or a path. */
  readonly images?: readonly string[];
  readonly output?: string;
}

/** Exit code: 0 the proof covers the manifest, 1 it does not, 2 something could not be read. */
export async function verify(path: string, options: VerifyOptions, io: Io): Promise<number> {
  const { format, output } = options;
  if (format !== 'text' && format !== 'json') {
    throw new Failure('bad-usage', `--verify prints text or JSON, not ${format}.`, { hint: '--format text or json' });
  }
  const read = readProofs(options.verify, textOf(options.verify));
  const input = await readInput([path], io);
  requireWorkloads(input, [path], io);
  const coverage =
    'form' in read
      ? coversNothing(read.form)
      : covers(read.proofs, input.workloads, {
          now: Date.now(),
          ...(options.maxAge === undefined ? {} : { maxAgeMs: options.maxAge }),
          images: await imagesToday(input.workloads, options.images ?? [], io),
        });
  const text = rendered(coverage, format, io.colour.out && output === undefined);
  if (output === undefined) io.out(text);
  else writeOutput(output, text);
  sayUnreadable(input, io);
  if (input.unreadable.length > 0) return EXIT_CANNOT_RUN;
  return coverage.covers ? EXIT_HOLDS : EXIT_FINDINGS;
}

function rendered(coverage: Coverage, format: 'text' | 'json', colour: boolean): string {
  return format === 'json' ? renderCoverageJson(coverage) : renderCoverageText(coverage, styleFor(colour));
}

/** Throws Failure('file-unreadable'). A pipe or device is read as well, and none further than a proof may be long. */
function textOf(file: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    const chunks: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = Buffer.alloc(CHUNK_BYTES);
      const read = readSync(descriptor, chunk);
      if (read === 0) return Buffer.concat(chunks).toString('utf8');
      length += read;
      if (length > MAX_PROOF_LENGTH) throw new Error('it is too long for a proof');
      chunks.push(chunk.subarray(0, read));
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Failure('file-unreadable', `${file} cannot be read: ${code === 'EISDIR' ? 'it is a folder' : message}`, {
      hint: 'petrify prove --proof FILE writes a proof',
      cause,
    });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

const CHUNK_BYTES = 1024 * 1024;

const ENGINE = 'engine';

/** Each image from the first source that has it. Rooms that read images are loaded only when one is to be read. */
async function imagesToday(
  workloads: readonly Workload[],
  sources: readonly string[],
  io: Io,
): Promise<ReadonlyMap<string, KnownImage>> {
  const known = new Map<string, KnownImage>();
  const names = new Set(workloads.flatMap(({ containers }) => containers).map(({ image }) => image));
  names.delete(undefined);
  for (const source of sources) {
    const missing = [...names].filter((name) => !known.has(name!)) as string[];
    for (const [name, image] of await (source === ENGINE ? ofEngine(missing, io) : ofSource(source, missing, io)))
      known.set(name, image);
  }
  return known;
}

async function ofEngine(names: readonly string[], io: Io): Promise<ReadonlyMap<string, KnownImage>> {
  const { connectEngine } = await import('../engine/connect.ts');
  const engine = await connectEngine('auto', io.env);
  const found = new Map<string, KnownImage>();
  for (const name of names) {
    const image = await engine.image(name);
    if (image !== undefined) found.set(name, image);
  }
  return found;
}

async function ofSource(source: string, names: readonly string[], io: Io): Promise<ReadonlyMap<string, KnownImage>> {
  const { openImage } = await import('../image/open.ts');
  const found = new Map<string, KnownImage>();
  for (const name of names) {
    try {
      const { config } = (await openImage(source, name, { env: io.env })).image;
      // What has a digest is called by it; only a bare hash is that of the configuration, as engines have it.
      found.set(name, { id: config.id.includes('@') ? '' : config.id, digests: config.digests });
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'image-missing') throw error;
      io.err(`note: ${io.visible(error.message)}\n`);
    }
  }
  return found;
}
