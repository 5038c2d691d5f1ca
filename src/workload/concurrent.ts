/** Which containers of a pod run at the same time. */
import type { Container } from './workload.ts';

/** Init containers have ended before the main ones start; sidecars and ephemeral ones meet everybody. */
export function runTogether(a: Container, b: Container): boolean {
  const passing = a.role === 'init' ? b : b.role === 'init' ? a : undefined;
  return passing === undefined || passing.role === 'sidecar' || passing.role === 'ephemeral';
}
