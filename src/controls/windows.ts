/** Whether a container runs on Windows, where Kubernetes has no read-only root filesystem. */
import type { Path } from '../manifest/document.ts';
import { isObject, type JsonObject, objectOr } from '../workload/value.ts';
import type { Container, Workload } from '../workload/workload.ts';

const OS_LABELS = ['kubernetes.io/os', 'beta.kubernetes.io/os'];

/** Where the manifest says that it is Windows, and whether the container is a process of the node; else undefined. */
export function windowsAt(
  { podSpec, podSpecPath }: Workload,
  container: Container,
): { readonly path: Path; readonly hostProcess: boolean } | undefined {
  const own = windowsOptions(container.spec);
  const inherited = windowsOptions(podSpec);
  const hostProcess = (own?.hostProcess ?? inherited?.hostProcess) === true;
  if (own !== undefined) return { path: [...container.path, 'securityContext', 'windowsOptions'], hostProcess };
  if (inherited !== undefined) return { path: [...podSpecPath, 'securityContext', 'windowsOptions'], hostProcess };
  if (objectOr(podSpec.os).name === 'windows') return { path: [...podSpecPath, 'os', 'name'], hostProcess };
  const selector = objectOr(podSpec.nodeSelector);
  const label = OS_LABELS.find((name) => selector[name] === 'windows');
  return label === undefined ? undefined : { path: [...podSpecPath, 'nodeSelector', label], hostProcess };
}

function windowsOptions(holder: JsonObject): JsonObject | undefined {
  const options = objectOr(holder.securityContext).windowsOptions;
  return isObject(options) ? options : undefined;
}
