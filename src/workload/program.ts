/** The files that a container's command runs, as far as the manifest shows them. Data that a program is told of is none. */
import { cleanPath } from './file-path.ts';
import { listOf, objectOr, textOf } from './value.ts';
import type { Container } from './workload.ts';

/** Words that run the command behind them. */
const WRAPPER = /^(?:env|exec|command|nohup|nice|setsid|time|tini|dumb-init|sudo|if|then|else|do|while|until|!|\{|--)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const SHELL = /^(?:ba|da|a|k|z)?sh$/;
/** Programs whose first operand is a script; `.` and `source` are the shell's own. */
const INTERPRETER = /^(?:\.|source|python[\d.]*|node|nodejs|deno|bun|perl|ruby|php\d*|lua|tclsh|Rscript|busybox)$/;
/** Programs that take what they run from the directory that they stand in. */
const RUNNER = /^(?:npm|npx|yarn|pnpm|bundle|rake|make|gunicorn|uvicorn|flask|celery)$/;
/** The end of a file name that is only there to be run or loaded: so much can be said of an option or of an interpreter's words. */
const CODE = /\.(?:sh|bash|pyz?|[cm]?js|ts|rb|pl|php|lua|jar|war|wasm|node|so(?:\.\d+)*)$/;
/** What cannot be part of a path in a command line; also the colon of a class path. */
const NO_PATH = /[\s'"`:;,=&|()<>]+/;
/** What ends a command in a shell's text. Quotes are not read: a separator inside of them only ends a command too early. */
const SEPARATOR = /[;&|()\n`]+/;
/** A longer text is no command line: Linux takes 128 KiB for one argument. */
const MAX_TEXT = 131_072;

/** Variables that list directories in which programs and libraries are found, and variables that list libraries. */
const SEARCHED: ReadonlySet<unknown> = new Set(['PATH', 'LD_LIBRARY_PATH']);
const PRELOADED: ReadonlySet<unknown> = new Set(['LD_PRELOAD', 'LD_AUDIT']);
/** A hostile manifest may list any number. */
const MOST_SEARCHED = 200;

/**
 * Clean paths from which the manifest's own environment has code taken: of a directory all that lies in it, as `/scratch/*`.
 * Of several variables with one name the last counts, as for the kubelet; what is taken from elsewhere is not known.
 */
export function codeOfEnvironment({ spec }: Pick<Container, 'spec'>): readonly string[] {
  const values = new Map(listOf(spec.env).map((each) => [objectOr(each).name, textOf(objectOr(each).value)]));
  const paths = [...values].flatMap(([name, value = '']) => {
    if (value.length > MAX_TEXT) return [];
    if (SEARCHED.has(name)) return value.split(':').map((directory) => directory && `${directory}/*`);
    return PRELOADED.has(name) ? value.split(/[: ]+/) : [];
  });
  const absolute = paths.filter((path) => path.startsWith('/') && !path.includes('$('));
  return [...new Set(absolute.map((path) => cleanPath(path)))].slice(0, MOST_SEARCHED);
}

/**
 * Clean paths of the programs and scripts that `command` and `args` name. A relative one counts only where the manifest
 * has a `workingDir`: that of the image is not known. A runner (`npm start`) gives `/app/*`: any file of its working directory.
 */
export function programsOf(container: Container): readonly string[] {
  const { command, args, workingDir } = container.spec;
  const words = [...listOf(command), ...listOf(args)].filter(
    (word) => typeof word === 'string' && word.length <= MAX_TEXT,
  );
  if (words.length === 0) return NONE;
  const found: string[] = [];
  collect(words as string[], found);
  const from = textOf(workingDir);
  const paths = new Set<string>();
  for (const path of found) if (path.startsWith('/') || from !== undefined) paths.add(cleanPath(path, from));
  return [...paths];
}

const NONE: readonly string[] = [];

/** Adds what one command line runs, as written. */
function collect(words: readonly string[], found: string[]): void {
  let index = 0;
  while (index < words.length && (WRAPPER.test(words[index]!) || ASSIGNMENT.test(words[index]!))) index += 1;
  const program = words[index];
  if (program === undefined) return;
  if (program.includes('/')) found.push(program);
  const name = program.slice(program.lastIndexOf('/') + 1);
  const rest = words.slice(index + 1);
  const loads = name === 'java' || INTERPRETER.test(name);
  loaded([...words.slice(0, index), ...rest.filter((word) => loads || word.startsWith('-'))], found);
  if (RUNNER.test(name)) found.push('./*');
  else if (SHELL.test(name)) shell(rest, found);
  else if (INTERPRETER.test(name)) script(rest, found);
  else if (WRAPPER.test(name)) collect(rest, found);
}

/** Files of code that are named anywhere: `-javaagent:/app/a.jar`, `--require /app/a.js`, `LD_PRELOAD=/app/a.so`. */
function loaded(words: readonly string[], found: string[]): void {
  for (const word of words) for (const path of word.split(NO_PATH)) if (CODE.test(path)) found.push(afterOption(path));
}

/** `sh -c TEXT` or `sh FILE`. */
function shell(words: readonly string[], found: string[]): void {
  const text = words.findIndex((word) => /^-[a-z]*c$/.test(word));
  if (text < 0) script(words, found);
  const lines = text < 0 ? '' : (words[text + 1] ?? '');
  for (const line of lines.split(SEPARATOR)) {
    const inner = line.split(/\s+/).filter((word) => word !== '');
    if (inner.length > 0)
      collect(
        inner.map((word) => word.replace(/^['"]|['"]$/g, '')),
        found,
      );
  }
}

/** The first operand, unless an option before it already holds the program (`-e CODE`, `-m MODULE`). */
function script(words: readonly string[], found: string[]): void {
  for (const word of words) {
    if (/^-[a-z]*[cem]$/.test(word)) return;
    if (word.startsWith('-')) continue;
    found.push(word);
    return;
  }
}

/** `-javaagent:/app/a.jar` was cut at the colon already; `-r/app/a.js` still has its option. */
function afterOption(word: string): string {
  const slash = word.indexOf('/');
  return word.startsWith('-') && slash > 0 ? word.slice(slash) : word;
}
