/** Whether a container runs on Windows, where Kubernetes has no read-only root filesystem. */
import type { Path } from '../manifest/document.ts';
import { isObject, type JsonObject, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';
import type { PodSubject } from './control.ts';

const OS_LABELS = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

/** Since this version Pod Security asks nothing of a Windows pod that only Linux has; only `os.name` tells it. */
const EXEMPT_SINCE = 25;
/** CEL: `isExempt`. */
export const CEL_EXEMPT = "(has(spec.os) && spec.os.name == 'windows')";

/** Whether settings that only Linux has cannot be asked for: the API server refuses them in such a pod. */
export function isExempt({ workload, target }: PodSubject): boolean {
  return target.minor >= EXEMPT_SINCE && objectOr(workload.podSpec.os).name === 'windows';
}

/** Where the manifest says that it is Windows; else undefined. */
export function windowsAt({ podSpec, podSpecPath }: Workload, container: Container): Path | undefined {
  if (hasOptions(container.spec)) return [...container.path, 'securityContext', 'windowsOptions'];
  if (hasOptions(podSpec)) return [...podSpecPath, 'securityContext', 'windowsOptions'];
  if (objectOr(podSpec.os).name === 'windows') return [...podSpecPath, 'os', 'name'];
  const selector = objectOr(podSpec.nodeSelector);
  const label = OS_LABELS.find((name) => selector[name] === 'windows');
  return label === undefined ? undefined : [...podSpecPath, 'nodeSelector', label];
}

/** CEL: the manifest does not say that a container `c` runs on Windows. */
export const CEL_NOT_WINDOWS =
  "(!has(spec.os) || spec.os.name != 'windows') && (!has(c.securityContext) || !has(c.securityContext.windowsOptions)) && " +
  '(!has(spec.securityContext) || !has(spec.securityContext.windowsOptions)) && (!has(spec.nodeSelector) || ' +
  "(!('kubernetes.io/os' in spec.nodeSelector) || spec.nodeSelector['kubernetes.io/os'] != 'windows') && " +
  "(!('beta.kubernetes.io/os' in spec.nodeSelector) || spec.nodeSelector['beta.kubernetes.io/os'] != 'windows'))";

function hasOptions(holder: JsonObject): boolean {
  return isObject(objectOr(holder.securityContext).windowsOptions);
}
