/** Reads the embedded catalogue: the files of `catalog/` and `catalog/runtimes/`, checked against their schema. */
import { readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import type { z } from 'zod';
import { packageFile } from '../package-file.ts';
import type { Catalogue, CatalogueEntry, RuntimeEntry } from './entry.ts';
import { type CheckedEntry, type CheckedRuntime, entrySchema, runtimeSchema } from './schema.ts';

const IMAGES = packageFile('catalog/');
const RUNTIMES = packageFile('catalog/runtimes/');

let loaded: Catalogue | undefined;

/** All of it, read once, images by name. Throws an Error that names the file for a broken one: the catalogue is our own. */
export function readCatalogue(): Catalogue {
  if (loaded === undefined) {
    const { compare } = new Intl.Collator('en');
    const images = filesOf(IMAGES)
      .map(parseEntry)
      .sort((a, b) => compare(a.image, b.image));
    loaded = { images, runtimes: filesOf(RUNTIMES).map(parseRuntime) };
  }
  return loaded;
}

interface NamedText {
  readonly name: string;
  readonly text: string;
}

function filesOf(folder: URL): NamedText[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
}

/** One image family. Throws an Error that names the file and what is wrong with it. */
export function parseEntry(file: NamedText): CatalogueEntry {
  return parse(file, entrySchema) as CheckedEntry;
}

/** One runtime. Throws as `parseEntry` does. */
export function parseRuntime(file: NamedText): RuntimeEntry {
  return parse(file, runtimeSchema) as CheckedRuntime;
}

function parse<T>({ name, text }: NamedText, schema: z.ZodType<T>): T {
  const checked = schema.safeParse(load(text, { filename: name }));
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`);
  throw new Error(`catalog/${name}: ${problems.join('; ')}`);
}
