/** What of its node a pod asks for and no sandbox gives: nothing is proven then, because nobody tried what could be done with it. */
import { listOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';

/** One sentence for each. A path of the host is not among them: one that can be written is found by the controls. */
export function notGiven({ podSpec, containers }: Workload): readonly string[] {
  const devices = containers.some(({ spec }) => listOf(spec.volumeDevices).length > 0);
  const asked = [
    ...(['hostPID', 'hostIPC', 'hostNetwork'] as const).filter((field) => podSpec[field] === true),
    ...(devices ? ['volumeDevices'] : []),
  ];
  return asked.map((field) => `${field} is not given in a sandbox: what the container could do with it was not tried.`);
}
