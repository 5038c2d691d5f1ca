/** What a kustomization of patches is for: the user's own files or base where Kustomize may read them, else copies of them. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ManifestText } from '../manifest/document.ts';
import { kustomizationIn } from '../source/kustomize.ts';

export interface Resources {
  /** Relative to the folder of the kustomization, with `/`. */
  readonly references: readonly string[];
  /** Files to be written below that folder, as they were read. */
  readonly copies: readonly { readonly name: string; readonly text: string }[];
}

/** Folder of the copies. */
const COPIES = 'resources';

/**
 * Kustomize reads files below its own folder only, and other folders as bases.
 * @param folder where the kustomization will stand; it need not be there yet
 */
export function kustomizeResources(folder: string, texts: readonly ManifestText[]): Resources {
  const root = realOf(folder);
  const references = new Set<string>();
  const copies = new Map<string, string>();
  for (const text of texts) {
    const place = placeOf(root, text);
    if (place !== undefined) references.add(place.split(sep).join('/') || '.');
    else {
      const name = freeName(`${COPIES}/${text.file === '-' ? 'stdin.yaml' : basename(text.file)}`, copies);
      copies.set(name, text.text);
      references.add(name);
    }
  }
  return { references: [...references], copies: Array.from(copies, ([name, text]) => ({ name, text })) };
}

/** Relative to `root`; undefined: Kustomize would not read it from there. */
function placeOf(root: string, { file, rendered }: ManifestText): string | undefined {
  if (rendered !== undefined) return rendered.by === 'kustomize' ? baseOf(root, realOf(rendered.from)) : undefined;
  if (file === '-') return undefined;
  const real = realOf(file);
  if (isBelow(real, root)) return relative(root, real);
  const base = dirname(real);
  return kustomizationIn(base)?.resources.includes(real) ? baseOf(root, base) : undefined;
}

/** A kustomization inside of its own base would be a circle. */
function baseOf(root: string, base: string): string | undefined {
  return root === base || isBelow(root, base) ? undefined : relative(root, base);
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The real path of what is there, and of what will be below it. */
function realOf(path: string): string {
  const whole = resolve(path);
  if (existsSync(whole)) return realpathSync(whole);
  const above = dirname(whole);
  return above === whole ? whole : join(realOf(above), basename(whole));
}

function freeName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let number = 2; taken.has(free); number++) free = name.replace(/(\.[^./]*)?$/, `-${number}$1`);
  return free;
}
