/** Renders a plan as a kustomization: the user's own files or base stay as they are, a patch beside them for each object. */

import { jsonPatchYaml, strategicMergeYaml, yamlOf } from './patch-text.ts';
import type { PatchedObject } from './patched-object.ts';
import { mergesStrategically } from './strategic-merge.ts';

/** A file of the folder, its name relative to it. */
export interface KustomizeFile {
  readonly name: string;
  readonly text: string;
}

export interface KustomizeOptions {
  /** What is patched: files and folders, relative to the kustomization. */
  readonly resources: readonly string[];
  /** With the reasons as comments. */
  readonly explain: boolean;
  /** Objects that may be missing among the resources; of all others Kustomize says so. */
  readonly mayBeMissing?: (object: PatchedObject) => boolean;
}

/** Longest name of a file that is made of an object's: well below what every filesystem takes. */
const MAX_FILE_NAME = 120;

/** A folder: `kustomization.yaml`, and one file a patch. */
export function kustomizationFolder(objects: readonly PatchedObject[], options: KustomizeOptions): KustomizeFile[] {
  const names = patchFileNames(objects, 'yaml');
  const patches = objects.map((object, index) => ({ path: names[index], ...targetOf(object, options) }));
  const files = objects.map((object, index) => ({ name: names[index]!, text: patchYaml(object, options.explain) }));
  return [{ name: 'kustomization.yaml', text: yamlOf(kustomization(patches, options)) }, ...files];
}

/** One `kustomization.yaml` with the patches in it. */
export function kustomizationText(objects: readonly PatchedObject[], options: KustomizeOptions): string {
  const [head, ...entries] = [yamlOf(kustomization([], options)), ...objects.map((object) => inline(object, options))];
  return entries.length === 0 ? head! : `${head}patches:\n${entries.join('')}`;
}

/** A block scalar keeps the patch as it is, its comments too. */
function inline(object: PatchedObject, options: KustomizeOptions): string {
  const target = yamlOf(targetOf(object, options)).trimEnd();
  const patch = patchYaml(object, options.explain).replace(/^(?=.)/gm, '      ');
  return `  - patch: |-\n${patch}${target === '{}' ? '' : `${target.replace(/^/gm, '    ')}\n`}`;
}

function kustomization(patches: readonly object[], { resources }: KustomizeOptions) {
  return {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    ...(resources.length > 0 ? { resources } : {}),
    ...(patches.length > 0 ? { patches } : {}),
  };
}

/** By merge keys where Kustomize knows them: that survives a base whose lists change. Else by place, with guards. */
function patchYaml(object: PatchedObject, explain: boolean): string {
  if (!mergesStrategically(object)) return jsonPatchYaml(object, explain);
  // Kustomize carries the comments of a line into the object, and breaks one that is written as JSON by them.
  return strategicMergeYaml(object, explain ? 'above' : 'none');
}

/** A strategic-merge patch names its object itself; a JSON patch has to be told. Names of a target are regular expressions. */
function targetOf(object: PatchedObject, { mayBeMissing }: KustomizeOptions): { target?: Record<string, string> } {
  if (mergesStrategically(object) && !mayBeMissing?.(object)) return {};
  const [version, group] = object.apiVersion.split('/').reverse();
  const { kind, name, namespace } = object;
  const target = {
    ...(group === undefined ? {} : { group }),
    version: version!,
    kind,
    ...(name === undefined ? {} : { name: exactly(name) }),
    ...(namespace === undefined ? {} : { namespace: exactly(namespace) }),
  };
  return { target };
}

const exactly = (name: string) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

/** `deployment-web.yaml`, one each: names come from strangers, and nothing of a path may be left in one. */
export function patchFileNames(objects: readonly PatchedObject[], extension: string): readonly string[] {
  const taken = new Set<string>();
  return objects.map(({ kind, name }) => {
    const word = `${kind.toLowerCase()}-${name ?? 'unnamed'}`.replace(/[^A-Za-z0-9._-]+/g, '-');
    const base = word.slice(0, MAX_FILE_NAME).replace(/^[.-]+/, '') || 'patch';
    let free = base;
    for (let number = 2; taken.has(free); number++) free = `${base}-${number}`;
    taken.add(free);
    return `${free}.${extension}`;
  });
}
