/** Turns a knob of the catalogue into the changes that set it in a container; never over what the user has set. */
import type { Knob } from '../catalogue/entry.ts';
import { isObject, listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { Change } from './change.ts';

/** What is known of a container's image: what it sets itself stays, too. */
export interface KnobImage {
  /** `NAME=value`, as the image's configuration has it. */
  readonly env: readonly string[];
  readonly cmd: readonly string[];
  /** Absent: not known. */
  readonly entrypoint?: readonly string[];
}

/** The changes, or why there are none. */
export interface KnobChanges {
  readonly changes: readonly Change[];
  /** One sentence: why the knob is not set; undefined where `changes` set it. */
  readonly refused: string | undefined;
}

/** @param image undefined: its configuration was not read */
export function knobChanges(container: Container, knob: Knob, image: KnobImage | undefined): KnobChanges {
  if (knob.env !== undefined) return environmentChanges(container, knob, knob.env, image);
  return argumentChanges(container, knob, knob.args ?? [], image);
}

const refuse = (refused: string): KnobChanges => ({ changes: [], refused });

function environmentChanges(
  container: Container,
  { because }: Knob,
  { name, value, append = false }: NonNullable<Knob['env']>,
  image: KnobImage | undefined,
): KnobChanges {
  const variables = listOf(container.spec.env);
  // Of two variables with one name the last holds.
  const index = variables.findLastIndex((variable) => objectOr(variable).name === name);
  const set = (path: (string | number)[], written: unknown): KnobChanges => ({
    changes: [{ op: 'add', path: [...container.path, 'env', ...path], value: written, because }],
    refused: undefined,
  });
  if (index >= 0) {
    const variable = objectOr(variables[index]);
    if (isObject(variable.valueFrom)) return refuse(`${container.name} takes ${name} from elsewhere`);
    const current = textOf(variable.value);
    if (current !== undefined && holds(current, value, append)) return refuse(`${container.name} sets ${name} already`);
    if (!append && 'value' in variable) return refuse(`${container.name} sets ${name} to another value`);
    return set([index, 'value'], current === undefined ? value : `${current} ${value}`);
  }
  if (listOf(container.spec.envFrom).length > 0)
    return refuse(`${container.name} may get ${name} from a ConfigMap or Secret, which this would hide`);
  if (image === undefined && append) return refuse(`whether the image of ${container.name} sets ${name} is not known`);
  const shipped = valueIn(image?.env ?? [], name);
  if (shipped === undefined || shipped === '') return set(['-'], { name, value });
  if (holds(shipped, value, append)) return refuse(`the image of ${container.name} sets ${name} already`);
  if (!append) return refuse(`the image of ${container.name} sets ${name} to another value`);
  return set(['-'], { name, value: `${literally(shipped)} ${value}` });
}

/** The image's text as a manifest's: Kubernetes reads `$(NAME)` as a reference, and `$$` as one `$`. */
export function literally(text: string): string {
  return text.replaceAll('$', () => '$$');
}

function holds(current: string, value: string, append: boolean): boolean {
  return append ? ` ${current} `.includes(` ${value} `) : current === value;
}

function valueIn(env: readonly string[], name: string): string | undefined {
  return env.findLast((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** A shell takes what follows its script for the script's own arguments. */
const SHELL = /^(?:.*\/)?(?:ba|da|a|k|z)?sh$/;

function argumentChanges(
  container: Container,
  { because }: Knob,
  wanted: readonly string[],
  image: KnobImage | undefined,
): KnobChanges {
  const command = listOf(container.spec.command);
  const args = listOf(container.spec.args);
  // Neither is merged with the image's: `args` replaces CMD, and `command` alone drops it.
  const inherited = args.length > 0 || command.length > 0 ? [] : image?.cmd.map(literally);
  if (inherited === undefined) return refuse(`the command of ${container.name}'s image is not known`);
  const all = [...command, ...args, ...inherited];
  if (typeof all[0] === 'string' && SHELL.test(all[0])) return refuse(`${container.name} is started by a shell`);
  const own = wanted
    .map(optionOf)
    .find((option) => option !== undefined && all.some((word) => optionOf(word) === option));
  if (own !== undefined) return refuse(`${container.name} has ${own} among its arguments`);
  const list = [...container.path, 'args'];
  // An equal item would not be appended a second time.
  const distinct = new Set([...args, ...wanted]).size === args.length + wanted.length;
  if (args.length > 0 && distinct) {
    return {
      changes: wanted.map((value) => ({ op: 'add', path: [...list, '-'], value, because })),
      refused: undefined,
    };
  }
  return {
    changes: [{ op: 'add', path: list, value: [...args, ...inherited, ...wanted], because }],
    refused: undefined,
  };
}

/** `--worker-tmp-dir=/dev/shm` → `--worker-tmp-dir`; undefined for what is no option. */
function optionOf(word: unknown): string | undefined {
  return typeof word === 'string' ? /^(--?[A-Za-z][^=]*)/.exec(word)?.[1] : undefined;
}
