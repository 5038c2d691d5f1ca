/** Effective security settings: container over pod over default, each with where it comes from. */
import type { Path } from '../manifest/document.ts';
import { type JsonObject, listOf, objectOr, textOf } from './value.ts';
import type { EffectiveSettings, Setting } from './workload.ts';

/** The largest uid and gid that the API server accepts. */
const MAX_ID = 2 ** 31 - 1;

/** A container's or a pod's `securityContext` with the path to the mapping that holds it. */
interface Context {
  readonly values: JsonObject;
  readonly path: Path;
}

const booleanOf = (value: unknown): boolean | undefined => (typeof value === 'boolean' ? value : undefined);
const idOf = (value: unknown): number | undefined =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_ID ? (value as number) : undefined;
const seccompOf = (value: unknown): string | undefined => textOf(objectOr(value).type);

/**
 * Settings of one container. A value of a wrong type counts as absent: the API server refuses it, so it protects nothing.
 * Capability names come in capitals and without `CAP_`, as the runtime reads them.
 */
export function effectiveSettings(
  podSpec: JsonObject,
  podSpecPath: Path,
  container: JsonObject,
  containerPath: Path,
): EffectiveSettings {
  const own: Context = {
    values: objectOr(container.securityContext),
    path: [...containerPath, 'securityContext'],
  };
  const pod: Context = { values: objectOr(podSpec.securityContext), path: [...podSpecPath, 'securityContext'] };
  return {
    readOnlyRootFilesystem: ownSetting(own, 'readOnlyRootFilesystem', booleanOf, false),
    privileged: ownSetting(own, 'privileged', booleanOf, false),
    allowPrivilegeEscalation: ownSetting(own, 'allowPrivilegeEscalation', booleanOf, true),
    runAsUser: inherited(own, pod, 'runAsUser', idOf),
    runAsGroup: inherited(own, pod, 'runAsGroup', idOf),
    runAsNonRoot: inherited(own, pod, 'runAsNonRoot', booleanOf),
    capabilitiesAdd: capabilities(own, 'add'),
    capabilitiesDrop: capabilities(own, 'drop'),
    procMount: ownSetting(own, 'procMount', textOf, 'Default'),
    seccompProfile: inherited(own, pod, 'seccompProfile', seccompOf),
  };
}

/** `CAP_SYS_ADMIN`, `sys_admin` and `SYS_ADMIN` are the same capability to a runtime. */
export function capabilityName(written: string): string {
  const name = written.toUpperCase();
  return name.startsWith('CAP_') ? name.slice(4) : name;
}

/** A setting that exists on containers only. */
function ownSetting<T>(own: Context, key: string, read: (value: unknown) => T | undefined, fallback: T): Setting<T> {
  const value = read(own.values[key]);
  const path = [...own.path, key];
  return value === undefined ? { value: fallback, from: 'default', path } : { value, from: 'container', path };
}

/** A setting that a container inherits from its pod. */
function inherited<T>(
  own: Context,
  pod: Context,
  key: string,
  read: (value: unknown) => T | undefined,
): Setting<T | undefined> {
  const ownValue = read(own.values[key]);
  if (ownValue !== undefined) return { value: ownValue, from: 'container', path: [...own.path, key] };
  const podValue = read(pod.values[key]);
  if (podValue !== undefined) return { value: podValue, from: 'pod', path: [...pod.path, key] };
  return { value: undefined, from: 'default', path: [...own.path, key] };
}

function capabilities(own: Context, key: 'add' | 'drop'): Setting<readonly string[]> {
  const written = objectOr(own.values.capabilities)[key];
  const value: string[] = [];
  for (const name of listOf(written)) if (typeof name === 'string') value.push(capabilityName(name));
  const path = [...own.path, 'capabilities', key];
  return { value, from: Array.isArray(written) ? 'container' : 'default', path };
}
