/** Builds the published program: `src/` as few large modules, as loading hundreds of small ones takes longer than most checks. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * All modules lie side by side in `folder`, which must be empty or an older build's: `src/package-file.ts` counts on its
 * being right below the package. What only some command needs is a module of its own; dependencies stay packages, so that
 * they are mended without a new Petrify. Names stay whole: stack traces are read by people.
 */
export async function buildProgram(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { petrify: 'src/cli/petrify.ts', worker: 'src/check/worker.ts' },
    outdir: folder,
    format: 'esm',
    platform: 'node',
    target: 'node24.11',
    bundle: true,
    splitting: true,
    packages: 'external',
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    logLevel: 'warning',
  });
}

if (import.meta.main) await buildProgram(join(root, 'dist'));
