/** Keys that Kubernetes does not know where they stand: written in the wrong place, or misspelt. */
import type { Path } from '../manifest/document.ts';
import { valueAt } from '../manifest/position.ts';
import { nearest } from '../nearest.ts';
import { type Struct, type StructName, structOf } from './pod-fields.ts';
import { isBuiltIn } from './pod-spec.ts';
import { isObject } from './value.ts';
import type { Workload } from './workload.ts';

export interface StrayField {
  /** To the key itself. */
  readonly path: Path;
  readonly name: string;
  /** What it stands in. */
  readonly within: StructName;
  /** The name that may have been meant; the name itself where only the place is wrong; undefined: none is near. */
  readonly meant: string | undefined;
  /** Where that name belongs. */
  readonly belongs: StructName | undefined;
  /** Whether people believe that it protects them. */
  readonly security: boolean;
}

/** So many are told of one workload: more help nobody. */
const MAX_STRAY = 50;

/** Whose fields are worth telling from: what people mistake for one another. In the order in which they are tried. */
const HOMES: readonly StructName[] = ['PodSpec', 'Container', 'SecurityContext', 'PodSecurityContext', 'VolumeMount'];

/** Everything in these is there for protection. */
const PROTECTING: ReadonlySet<StructName> = new Set<StructName>([
  'AppArmorProfile',
  'Capabilities',
  'PodSecurityContext',
  'SELinuxOptions',
  'SeccompProfile',
  'SecurityContext',
  'Sysctl',
  'WindowsSecurityContextOptions',
]);

/** Protection that stands elsewhere. */
const PROTECTING_NAMES = [
  ...['automountServiceAccountToken', 'hostIPC', 'hostNetwork', 'hostPID', 'hostUsers', 'securityContext'],
  ...['shareProcessNamespace', 'bindMountOptions', 'readOnly', 'recursiveReadOnly', 'sizeLimit'],
];

/** Kinds whose fields above the pod's specification are known, by apiVersion; older ones had fields that are gone. */
const WHOLE_KINDS: Readonly<Record<string, ReadonlySet<string>>> = {
  'apps/v1': new Set(['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet']),
  'batch/v1': new Set(['CronJob', 'Job']),
  v1: new Set(['Pod', 'PodTemplate', 'ReplicationController']),
};

/** The last answer: two controls ask for the same workload one after the other. */
let last: { readonly workload: Workload; readonly found: readonly StrayField[] } | undefined;

/** In the order written, of Kubernetes' own kinds only: other objects may have keys of their own. */
export function strayFields(workload: Workload): readonly StrayField[] {
  if (last?.workload !== workload) last = { workload, found: search(workload) };
  return last.found;
}

const NONE: readonly StrayField[] = [];

function search({ apiVersion, kind, document, objectPath, podSpec, podSpecPath }: Workload): readonly StrayField[] {
  if (!isBuiltIn(apiVersion, kind)) return NONE;
  const found: StrayField[] = [];
  const whole = Object.hasOwn(WHOLE_KINDS, apiVersion) && WHOLE_KINDS[apiVersion]!.has(kind);
  if (whole) walk(valueAt(document.value, objectPath), structOf(kind as StructName), [...objectPath], found);
  else walk(podSpec, structOf('PodSpec'), [...podSpecPath], found);
  return found;
}

/** `path` is one list for the whole walk, as it was when the walk returns. Structs hold no struct of their own kind: it ends. */
function walk(value: unknown, struct: Struct, path: (string | number)[], found: StrayField[]): void {
  if (!isObject(value)) return;
  for (const key in value) {
    const field = struct.fields.get(key);
    if (field === undefined) {
      // `$patch` and its like are directives of a strategic merge patch.
      if (found.length < MAX_STRAY && !key.startsWith('$')) found.push(stray(key, struct, [...path, key]));
      continue;
    }
    if (field.struct === undefined) continue;
    const below = value[key];
    path.push(key);
    if (!field.list) walk(below, field.struct, path, found);
    else if (Array.isArray(below)) {
      for (let index = 0; index < below.length; index++) {
        path.push(index);
        walk(below[index], field.struct, path, found);
        path.pop();
      }
    }
    path.pop();
  }
}

function stray(name: string, struct: Struct, path: Path): StrayField {
  const { meant, belongs } = meantBy(name, struct);
  const security =
    PROTECTING.has(struct.name) ||
    (belongs !== undefined && PROTECTING.has(belongs)) ||
    PROTECTING_NAMES.includes(meant ?? name);
  return { path, name, within: struct.name, meant, belongs, security };
}

function meantBy(name: string, struct: Struct): Pick<StrayField, 'meant' | 'belongs'> {
  const home = homeOf(name, struct);
  if (home !== undefined) return { meant: name, belongs: home };
  const here = nearest(name, struct.fields.keys());
  if (here !== undefined) return { meant: here, belongs: struct.name };
  const elsewhere = nearest(name, ALL_HOMES());
  return { meant: elsewhere, belongs: elsewhere === undefined ? undefined : homeOf(elsewhere, struct) };
}

/** Where a name belongs; a pod's own `runAsUser` stands in the pod's securityContext, a container's in the container's. */
function homeOf(name: string, { name: within }: Struct): StructName | undefined {
  if (name === 'name') return undefined;
  const first = within === 'Container' || within === 'EphemeralContainer' ? ['SecurityContext' as const] : [];
  const pod = within === 'PodSpec' ? ['PodSecurityContext' as const] : [];
  return [...first, ...pod, ...HOMES].find((home) => home !== within && structOf(home).fields.has(name));
}

const ALL_HOMES = () => HOMES.flatMap((home) => [...structOf(home).fields.keys()]);
