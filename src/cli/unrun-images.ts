/** `--images` with `--engine none`: the images of workloads read from files or their registries, and nothing run. */
import { Failure } from '../failure.ts';
import type { Unrun } from '../harden/from-catalogue.ts';
import type { OpenedImage } from '../image/open.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';

/** Throws Failure('bad-usage') where images are named that would not be read. */
export function refuseImages({
  engine,
  images = [],
}: {
  readonly engine: string;
  readonly images?: readonly string[];
}): void {
  if (images.length > 0 && engine !== 'none') {
    throw new Failure('bad-usage', '--images is for --engine none: an engine has its images itself.', {
      hint: 'add --engine none, or leave --images out',
    });
  }
  if (images.includes('engine')) {
    throw new Failure('bad-usage', '--images engine cannot be read with --engine none.', {
      hint: 'save the image to a file and name that, or let the engine run it',
    });
  }
}

/**
 * Each container's image from the first source that has it; what none has is said and left to the catalogue.
 * The rooms that read images are loaded only when something is to be read.
 */
export async function unrunImages(workloads: readonly Workload[], sources: readonly string[], io: Io): Promise<Unrun> {
  const read = new Map();
  if (sources.length === 0) return read;
  const { readUnrun } = await import('../observe/unrun-image.ts');
  const opened = new Map<string, Promise<OpenedImage | undefined>>();
  for (const container of workloads.flatMap(({ containers }) => containers)) {
    const { image, role } = container;
    if (image === undefined || role === 'ephemeral') continue;
    if (!opened.has(image)) opened.set(image, firstOf(sources, image, io));
    const found = await opened.get(image);
    if (found !== undefined) read.set(container, await readUnrun(found, container));
  }
  return read;
}

/** Those of one workload. */
export function ofWorkload({ containers }: Workload, unrun: Unrun): Unrun {
  return new Map([...unrun].filter(([container]) => containers.includes(container)));
}

async function firstOf(sources: readonly string[], image: string, io: Io): Promise<OpenedImage | undefined> {
  const { openImage } = await import('../image/open.ts');
  for (const source of sources) {
    try {
      return await openImage(source, image);
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'image-missing') throw error;
      const hint = error.hint === undefined ? '' : ` (${error.hint})`;
      io.err(`note: ${io.visible(error.message + hint)}\n`);
    }
  }
  return undefined;
}
