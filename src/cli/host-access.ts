/** What of this host a user gives to the sandbox by name: checked against the manifests, and said before anything runs. */
import { namespacesAskedFor } from '../engine/host-namespaces.ts';
import type { HostNamespace, PodOptions } from '../engine/pod.ts';
import { Failure } from '../failure.ts';
import { objectOr, textOf } from '../workload/value.ts';
import type { Workload } from '../workload/workload.ts';
import type { Io } from './io.ts';

const NAMESPACES: readonly HostNamespace[] = ['network', 'pid', 'ipc'];

export interface HostAccessOptions {
  readonly engine: string;
  readonly logs?: readonly string[];
  readonly allowHostPath?: readonly string[];
  readonly allowHostNamespace?: readonly string[];
}

export type HostAccess = Pick<PodOptions, 'hostPaths' | 'hostNamespaces'>;

/**
 * What the flags allow. Throws Failure('bad-usage') for a name that no workload of the input has (a typing error must not
 * pass for a permission), and where nothing is run in a sandbox of this machine.
 */
export function hostAccessOf(options: HostAccessOptions, workloads: readonly Workload[]): HostAccess {
  const { allowHostPath: paths = [], allowHostNamespace: names = [] } = options;
  if (paths.length === 0 && names.length === 0) return {};
  const flag = paths.length > 0 ? '--allow-host-path' : '--allow-host-namespace';
  if (options.logs || options.engine === 'none' || options.engine === 'kubernetes')
    throw new Failure('bad-usage', `${flag} is for a sandbox of this machine, and none is made here.`, {
      hint: 'leave it out, or use --engine docker or --engine podman',
    });
  const unknown = names.find((name) => !NAMESPACES.some((known) => known === name));
  if (unknown !== undefined)
    throw new Failure('bad-usage', `There is no namespace "${unknown}" to allow.`, { hint: NAMESPACES.join(', ') });
  const there = new Set(workloads.flatMap(mountedHostPaths).map(({ name }) => name));
  const missing = paths.find((name) => !there.has(name));
  if (missing !== undefined)
    throw new Failure('bad-usage', `No container mounts a hostPath volume with the name "${missing}".`, {
      hint: there.size > 0 ? `there are: ${[...there].join(', ')}` : 'nothing here mounts a hostPath',
    });
  const hostNamespaces = NAMESPACES.filter((name) => names.includes(name));
  const idle = hostNamespaces.find((name) => !workloads.some((one) => namespacesAskedFor(one).includes(name)));
  if (idle !== undefined)
    throw new Failure('bad-usage', `No workload of the input asks for the host's ${idle} namespace.`, {
      hint: `leave out --allow-host-namespace ${idle}`,
    });
  return { hostPaths: paths, hostNamespaces };
}

/** One line on stderr for each thing of the host that a workload gets. */
export function sayHostAccess(
  { hostPaths = [], hostNamespaces = [] }: HostAccess,
  workloads: readonly Workload[],
  io: Io,
) {
  for (const workload of workloads) {
    const whose = `${workload.kind} ${workload.name}`;
    const given = mountedHostPaths(workload)
      .filter(({ name }) => hostPaths.includes(name))
      .map(({ path, writable }) => `this host's ${path}, ${writable ? 'which it can change' : 'read-only'}`);
    const shared = namespacesAskedFor(workload)
      .filter((name) => hostNamespaces.includes(name))
      .map((name) => `this host's ${name} namespace`);
    for (const what of [...given, ...shared]) io.err(`WARNING: ${io.visible(`${whose} gets ${what}`)}\n`);
  }
}

/** Each hostPath volume once, writable where any container may write it. */
function mountedHostPaths({ containers }: Workload): { name: string; path: string; writable: boolean }[] {
  const found = new Map<string, { name: string; path: string; writable: boolean }>();
  for (const { volumeName: name, volumeKind, volume = {}, readOnly } of containers.flatMap(({ mounts }) => mounts)) {
    if (volumeKind !== 'hostPath') continue;
    const path = textOf(objectOr(volume.hostPath).path) ?? '';
    found.set(name, { name, path, writable: !readOnly || found.get(name)?.writable === true });
  }
  return [...found.values()];
}
