/** Directories of an image for tests that care for few of their facts. */
import type { ShippedDirectory } from './placement.ts';

export function shippedDirectory(shippedFiles: number, more: Partial<ShippedDirectory> = {}): ShippedDirectory {
  const owner = { uid: 0, gid: 0, mode: 0o755 };
  return { shippedFiles, owner, bytes: 0, programs: [], outputs: [], names: [], ...more };
}
