/** Suggests the `sizeLimit` of an emptyDir. */
import type { PathKind } from './evidence.ts';

const MEBIBYTE = 1024 * 1024;

/**
 * Kubernetes evicts the whole pod once a volume exceeds its limit, and an observation is short: the limit stands
 * against filling the node's disk, not against ordinary growth, so it is generous.
 */
const HEADROOM = 10;

/** The least for each kind, in MiB: what lies beside a socket or a pid file may grow as well, logs and caches do with traffic. */
const FLOOR_MEBIBYTES: Readonly<Record<PathKind, number>> = {
  scratch: 64,
  cache: 256,
  log: 128,
  socket: 64,
  configuration: 64,
  state: 1024,
};

/** A Kubernetes quantity: a power of two of MiB, at least the kind's floor and ten times what was seen. */
export function suggestSizeLimit(kind: PathKind, bytes: number): string {
  const needed = Math.max(FLOOR_MEBIBYTES[kind], (bytes * HEADROOM) / MEBIBYTE);
  return `${2 ** Math.ceil(Math.log2(needed))}Mi`;
}
