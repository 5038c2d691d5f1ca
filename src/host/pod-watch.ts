/** Watches one object of a cluster, so that what it was at its very end is not missed between two looks. */
import type { Api } from '../cluster/api.ts';
import { type JsonObject, objectOr } from '../workload/value.ts';

/** One event of a watch is one line: the object with what was done to it. */
const MAX_LINE_CHARACTERS = 4 * 1024 * 1024;

/**
 * Calls `onObject` with the object as it is now and after each change; resolves once it is deleted, once `stop` aborts,
 * or once the server ends the watch.
 * @param collection path of the resource in its namespace
 */
export async function watchObject(
  api: Api,
  collection: string,
  name: string,
  onObject: (object: JsonObject) => void,
  stop: AbortSignal,
): Promise<void> {
  const own = new AbortController();
  const query = new URLSearchParams({ watch: 'true', fieldSelector: `metadata.name=${name}` });
  let rest = '';
  const take = (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) own.abort();
    for (const line of lines) {
      const { type, object } = parsed(line);
      if (type !== 'ADDED' && type !== 'MODIFIED' && type !== 'DELETED') continue;
      onObject(objectOr(object));
      if (type === 'DELETED') own.abort();
    }
  };
  await api.stream(`${collection}?${query}`, take, AbortSignal.any([own.signal, stop]));
}

function parsed(line: string): JsonObject {
  try {
    return objectOr(JSON.parse(line));
  } catch {
    return {};
  }
}
