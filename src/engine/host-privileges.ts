/** What a container may do to its host: given as the manifest writes it only where a proof asks for it. */
import type { Container } from '../workload/workload.ts';
import type { ContainerRequest } from './engine.ts';
import { ALL_CAPABILITIES, capabilitiesOf, DEFAULT_CAPABILITIES } from './identity.ts';
import type { PodOptions } from './pod.ts';

type Privileges = Pick<ContainerRequest, 'privileged' | 'capabilities' | 'unmaskedProc'>;

/** Everything beyond containerd's own set of capabilities counts as reaching the host: one line that is easy to hold. */
export function privilegesOf(container: Container, allowed: PodOptions['hostPrivileges'] = 'withheld'): Privileges {
  const { privileged, procMount } = container.settings;
  const capabilities = capabilitiesOf(container);
  if (allowed === 'as-written') {
    return { privileged: privileged.value, capabilities, unmaskedProc: procMount.value === 'Unmasked' };
  }
  return {
    privileged: false,
    capabilities: capabilities.filter((name) => DEFAULT_CAPABILITIES.includes(name)),
    unmaskedProc: false,
  };
}

/** What this container asks for and does not get, as one sentence; undefined: it gets everything. */
export function withheldFrom(container: Container, allowed: PodOptions['hostPrivileges']): string | undefined {
  const written = privilegesOf(container, 'as-written');
  const given = privilegesOf(container, allowed);
  const names = written.capabilities.filter((name) => !given.capabilities.includes(name));
  const every = names.length === ALL_CAPABILITIES.length - DEFAULT_CAPABILITIES.length;
  const withheld = [
    ...(written.privileged && !given.privileged ? ['privileged'] : []),
    ...(written.unmaskedProc && !given.unmaskedProc ? ['procMount Unmasked'] : []),
    ...(every ? ['every capability beyond containerd’s default set'] : names),
  ];
  if (withheld.length === 0) return undefined;
  return `Container ${container.name}: withheld here, because it reaches the host: ${withheld.join(', ')}.`;
}
