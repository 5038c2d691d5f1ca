/** ConfigMaps and Secrets of the given documents: where a pod's files and variables come from. */
import { Failure } from '../failure.ts';
import { isObject, type JsonObject, listOf, objectOr, textOf } from '../workload/value.ts';

/** The API server refuses a larger ConfigMap or Secret. */
const LARGEST_ENTRY_BYTES = 1024 * 1024;

export interface Entry {
  readonly data: Buffer;
  /** From `binaryData`: becomes a file, never a variable. */
  readonly binary: boolean;
}
export type Entries = ReadonlyMap<string, Entry>;

export interface Configuration {
  /** The entries of a ConfigMap or Secret; undefined: none of the documents is it. */
  find(kind: 'ConfigMap' | 'Secret', name: string): Entries | undefined;
}

/** An object without a namespace is in the workload's own: that is where `kubectl apply` would put both. */
export function configurationFrom(documents: readonly unknown[], namespace: string | undefined): Configuration {
  const objects = documents.flatMap(itemsOf).filter(isObject);
  return {
    find(kind, name) {
      const found = objects.find((object) => {
        const metadata = objectOr(object.metadata);
        const where = textOf(metadata.namespace);
        const same = where === undefined || namespace === undefined || where === namespace;
        return object.kind === kind && metadata.name === name && same;
      });
      return found && entriesOf(found);
    },
  };
}

/** Like `find`, but for a reference that may be optional: throws Failure('bad-manifest') when a needed one is missing. */
export function requireEntries(
  configuration: Configuration,
  kind: 'ConfigMap' | 'Secret',
  reference: JsonObject,
  user: string,
  key: 'name' | 'secretName' = 'name',
): Entries | undefined {
  const name = textOf(reference[key]) ?? '';
  const found = configuration.find(kind, name);
  if (found || reference.optional === true) return found;
  throw new Failure('bad-manifest', `${user} needs ${kind} "${name}", which is not in the input.`, {
    hint: `Give the file with ${kind} "${name}" as well, or mark the reference optional.`,
  });
}

/** The documents themselves, and the items of a `List`. */
export function itemsOf(document: unknown): readonly unknown[] {
  const items = objectOr(document).items;
  return Array.isArray(items) ? items : [document];
}

function entriesOf(object: JsonObject): Entries {
  const entries = new Map<string, Entry>();
  const secret = object.kind === 'Secret';
  const add = (values: unknown, decode: (text: string) => Buffer, binary = false) => {
    for (const [name, value] of Object.entries(objectOr(values))) {
      if (typeof value !== 'string' || value.length > 2 * LARGEST_ENTRY_BYTES) continue;
      entries.set(name, { data: decode(value), binary });
    }
  };
  const fromBase64 = (text: string) => Buffer.from(text, 'base64');
  const fromText = (text: string) => Buffer.from(text, 'utf8');
  add(object.data, secret ? fromBase64 : fromText);
  if (!secret) add(object.binaryData, fromBase64, true);
  if (secret) add(object.stringData, fromText);
  return entries;
}

/** The `items` of a reference: key to relative path with its own mode; all entries where none are listed. */
export function selectItems(
  entries: Entries,
  reference: JsonObject,
  user: string,
): { path: string; data: Buffer; mode: number | undefined }[] {
  if (!Array.isArray(reference.items)) {
    return [...entries].map(([path, { data }]) => ({ path, data, mode: undefined }));
  }
  return listOf(reference.items).flatMap((written) => {
    const item = objectOr(written);
    const key = textOf(item.key) ?? '';
    const entry = entries.get(key);
    if (entry) return [{ path: textOf(item.path) ?? key, data: entry.data, mode: modeOf(item.mode) }];
    if (reference.optional === true) return [];
    throw new Failure('bad-manifest', `${user} needs the key "${key}", which is not there.`);
  });
}

/** A file mode as Kubernetes accepts it, 0 to 0777. */
export function modeOf(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0o777
    ? (value as number)
    : undefined;
}
