/** What a container's settings give it beyond its user: capabilities. */
import type { EffectiveSettings } from './workload.ts';

/** Whether a capability was added, by its name, by `ALL`, or with `privileged`. */
export function hasAdded(settings: EffectiveSettings, capability: string): boolean {
  if (settings.privileged.value) return true;
  const added = settings.capabilitiesAdd.value;
  return added.includes(capability) || added.includes('ALL');
}
