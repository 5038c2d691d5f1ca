/** Prints or writes what `harden` planned as patches: JSON Patch, strategic merge, Kustomize. */
import type { ManifestText } from '../manifest/document.ts';
import { kustomizationFolder, kustomizationText, patchFileNames } from '../plan/kustomize.ts';
import { jsonPatchJson, jsonPatchYaml, strategicMergeYaml } from '../plan/patch-text.ts';
import type { PatchedObject } from '../plan/patched-object.ts';
import { reasonLines } from '../plan/reasons.ts';
import { shellWord } from '../plan/shell-word.ts';
import { mergesStrategically } from '../plan/strategic-merge.ts';
import type { PatchFormat } from './harden-formats.ts';
import type { Io } from './io.ts';
import { kustomizeResources } from './kustomize-resources.ts';

export interface PatchOptions {
  readonly format: PatchFormat;
  readonly explain: boolean;
}

/** Writes one file of the result, with a name that is relative to the folder of the user. */
export type WriteFile = (name: string, text: string) => void;

/** Patches to standard output. */
export function printPatches(
  objects: readonly PatchedObject[],
  texts: readonly ManifestText[],
  { format, explain }: PatchOptions,
  io: Io,
): void {
  if (format === 'json-patch') {
    if (objects.length === 0) io.out('[]\n');
    for (const object of objects) io.out(jsonPatchJson(object));
    if (explain) sayReasons(objects, io);
  } else if (format === 'strategic-merge') {
    for (const object of objects) io.out(`---\n${strategicText(object, 'FILE', explain)}`);
  } else {
    const { references, copies } = kustomizeResources('.', texts);
    const resources = references.filter((name) => !copies.some((copy) => copy.name === name));
    for (const { name } of copies)
      io.err(
        `note: Kustomize cannot read ${io.visible(name)} from here: add what it shall patch to resources, or use --output\n`,
      );
    io.out(kustomizationText(objects, { resources, explain }));
  }
}

/** Patches as files, and on stderr how to use them. */
export function writePatches(
  objects: readonly PatchedObject[],
  texts: readonly ManifestText[],
  { format, explain }: PatchOptions,
  folder: string,
  write: WriteFile,
  io: Io,
): void {
  if (format === 'kustomize') {
    const { references, copies } = kustomizeResources(folder, texts);
    const files = kustomizationFolder(objects, { resources: references, explain });
    for (const { name, text } of [...copies, ...files]) write(name, text);
    io.err(`apply it with: kubectl apply -k ${io.visible(shellWord(folder))}\n`);
    return;
  }
  for (const { object, name, isStrategic } of named(objects, format)) {
    write(name, isStrategic ? strategicText(object, name, explain) : jsonPatchJson(object));
    if (!isStrategic) io.err(`apply it with: ${io.visible(commandOf(object, name))}\n`);
    if (explain && !isStrategic) sayReasons([object], io);
  }
}

function named(objects: readonly PatchedObject[], format: PatchFormat) {
  const names = patchFileNames(objects, 'strategic-merge.yaml');
  return objects.map((object, index) => {
    const isStrategic = format === 'strategic-merge' && mergesStrategically(object);
    const name = isStrategic ? names[index]! : names[index]!.replace(/strategic-merge\.yaml$/, 'json-patch.json');
    return { object, name, isStrategic };
  });
}

/** Where an object has no merge keys, its patch is a JSON Patch, and says so. */
function strategicText(object: PatchedObject, file: string, explain: boolean): string {
  const command = `# ${oneLine(commandOf(object, file))}\n`;
  if (mergesStrategically(object)) return command + strategicMergeYaml(object, explain ? 'beside' : 'none');
  const why = object.name === undefined ? 'has no name of its own' : 'has no merge keys';
  return `# A JSON Patch: a ${oneLine(object.kind)} ${why}, so a strategic merge is not possible.\n${command}${jsonPatchYaml(object, explain)}`;
}

const oneLine = (text: string) => text.replace(/[\s\p{C}]+/gu, ' ');

/** kubectl finds any kind by `kind.version.group`. */
function commandOf(object: PatchedObject, file: string): string {
  const { apiVersion, kind, name, namespace } = object;
  const [version, group] = apiVersion.split('/').reverse();
  const isStrategic = mergesStrategically(object);
  const type = isStrategic || group === undefined ? kind.toLowerCase() : `${kind.toLowerCase()}.${version}.${group}`;
  const where = namespace === undefined ? '' : `--namespace ${shellWord(namespace)} `;
  const target = shellWord(`${type}/${name ?? 'NAME'}`);
  return `kubectl patch ${where}${target} --type ${isStrategic ? 'strategic' : 'json'} --patch-file ${shellWord(file)}`;
}

/** JSON has no comments. */
function sayReasons(objects: readonly PatchedObject[], io: Io): void {
  for (const object of objects)
    for (const line of reasonLines(object)) io.err(`${io.visible(`${object.kind} ${object.name ?? ''} ${line}`)}\n`);
}
