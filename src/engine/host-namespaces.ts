/** Which of the host's own namespaces a pod really gets: those that its manifest asks for and the user has allowed. */
import type { Workload } from '../workload/workload.ts';
import type { ContainerRequest } from './engine.ts';
import type { HostNamespace, PodOptions } from './pod.ts';

/** The pod's field that asks for each. */
export const HOST_FIELDS: Readonly<Record<HostNamespace, string>> = {
  network: 'hostNetwork',
  pid: 'hostPID',
  ipc: 'hostIPC',
};

type Allowed = Pick<PodOptions, 'hostNamespaces'>;

/** Those that the manifest asks for. */
export function namespacesAskedFor({ podSpec }: Workload): HostNamespace[] {
  return (Object.keys(HOST_FIELDS) as HostNamespace[]).filter((name) => podSpec[HOST_FIELDS[name]] === true);
}

export function sharesHostNetwork(workload: Workload, allowed: Allowed): boolean {
  return given(workload, allowed).includes('network');
}

/** Each container's own; the network is the pod's. undefined: none. */
export function hostNamespacesOf(workload: Workload, allowed: Allowed): ContainerRequest['hostNamespaces'] {
  const names = given(workload, allowed).filter((name) => name !== 'network');
  return names.length === 0 ? undefined : names;
}

function given(workload: Workload, { hostNamespaces = [] }: Allowed): HostNamespace[] {
  return namespacesAskedFor(workload).filter((name) => hostNamespaces.includes(name));
}
