/** What a container's settings give it beyond its user: capabilities, and the way back to uid 0. */
import type { EffectiveSettings } from './workload.ts';

/** Whether a capability was added, by its name, by `ALL`, or with `privileged`. */
export function hasAdded(settings: EffectiveSettings, capability: string): boolean {
  if (settings.privileged.value) return true;
  const added = settings.capabilitiesAdd.value;
  return added.includes(capability) || added.includes('ALL');
}

/** Whether a process may gain more than its parent had. Kubernetes holds it to be so for privileged and SYS_ADMIN. */
export function mayEscalate(settings: EffectiveSettings): boolean {
  return settings.allowPrivilegeEscalation.value || hasAdded(settings, 'SYS_ADMIN');
}
