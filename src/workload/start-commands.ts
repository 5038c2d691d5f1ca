/** The commands that a container runs by its manifest: its own, those of its hooks and probes, and those inside of `sh -c`. */
import type { Path } from '../manifest/document.ts';
import { listOf, objectOr } from './value.ts';
import type { Container } from './workload.ts';

export interface StartCommand {
  /** To the word that holds it. */
  readonly path: Path;
  /** Without what only leads up to it (`sudo`, `env A=b`); at least one. */
  readonly words: readonly string[];
  /** The command that reads its output. */
  readonly into: readonly string[] | undefined;
}

/** Words that run the command behind them. */
const LEADING =
  /^(?:env|exec|command|nohup|nice|setsid|time|timeout|tini|dumb-init|sudo|xargs|if|then|else|elif|do|while|until|!|\{|--)$/;
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
const DURATION = /^\d+(?:\.\d+)?[smhd]?$/;
const SHELL = /^(?:.*\/)?(?:ba|da|a|k|z)?sh$/;
const TEXT_OPTION = /^-[a-z]*c$/;
/** Linux takes 128 KiB for one argument. */
const MAX_TEXT = 131_072;
const MAX_COMMANDS = 1_000;
const MAX_WORDS = 64;
/** Shells in shells. */
const MAX_DEPTH = 4;

interface Word {
  readonly text: string;
  readonly path: Path;
}

/** In the order in which they stand in the manifest; a bounded number. */
export function startCommands(container: Container): readonly StartCommand[] {
  const { spec, path } = container;
  const found: StartCommand[] = [];
  direct([...wordsOf(spec.command, [...path, 'command']), ...wordsOf(spec.args, [...path, 'args'])], 0, found);
  const lifecycle = objectOr(spec.lifecycle);
  for (const hook of ['postStart', 'preStop']) direct(execOf(lifecycle[hook], [...path, 'lifecycle', hook]), 0, found);
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
    direct(execOf(spec[probe], [...path, probe]), 0, found);
  return found;
}

function execOf(holder: unknown, path: Path): Word[] {
  return wordsOf(objectOr(objectOr(holder).exec).command, [...path, 'exec', 'command']);
}

function wordsOf(value: unknown, path: Path): Word[] {
  const words: Word[] = [];
  for (const [index, text] of listOf(value).entries()) {
    if (index >= MAX_WORDS) break;
    if (typeof text === 'string' && text.length <= MAX_TEXT) words.push({ text, path: [...path, index] });
  }
  return words;
}

/** One command as a list of words. */
function direct(words: readonly Word[], depth: number, found: StartCommand[], into?: readonly string[]): void {
  const start = leading(words.map(({ text }) => text));
  const [program, ...rest] = words.slice(start);
  if (program === undefined || found.length >= MAX_COMMANDS) return;
  // Without a `command` the program is the image's; where its first argument is `-c`, that is a shell.
  const shell = SHELL.test(program.text);
  const option = shell ? rest.findIndex(({ text }) => TEXT_OPTION.test(text)) : -1;
  const text = shell ? (option < 0 ? undefined : rest[option + 1]) : program.text === '-c' ? rest[0] : undefined;
  if (text === undefined) {
    found.push({ path: program.path, words: [program.text, ...rest.map((word) => word.text)], into });
    return;
  }
  if (depth < MAX_DEPTH) ofText(text, depth + 1, found);
}

function ofText({ text, path }: Word, depth: number, found: StartCommand[]): void {
  const commands = readShell(text);
  for (const [index, { words, piped }] of commands.entries()) {
    const next = piped ? commands[index + 1]?.words : undefined;
    const into = next?.slice(leading(next));
    direct(
      words.map((word) => ({ text: word, path })),
      depth,
      found,
      into,
    );
  }
  const inner = /^\s*(?:\$\(|`)\s*((?:curl|wget)\b)/.exec(text)?.[1];
  if (inner !== undefined) found.push({ path, words: [inner], into: ['sh'] });
}

/** How many words only lead up to the command. */
function leading(words: readonly string[]): number {
  let index = 0;
  let led = false;
  for (; index < words.length; index++) {
    const word = words[index]!;
    if (LEADING.test(word)) led = true;
    else if (!ASSIGNMENT.test(word) && !(led && (word.startsWith('-') || DURATION.test(word)))) break;
  }
  return index;
}

interface ShellCommand {
  readonly words: string[];
  /** Whether its output goes to the next one. */
  piped: boolean;
}

/** The simple commands of a shell's text. Quoted text is one word; what stands in quotes is not looked into. */
function readShell(text: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined && words.length < MAX_WORDS) words.push(word);
    word = undefined;
  };
  const endCommand = (piped: boolean): void => {
    endWord();
    if (words.length > 0 && commands.length < MAX_COMMANDS) commands.push({ words, piped });
    words = [];
  };
  for (let index = 0; index < text.length; index++) {
    const letter = text[index]!;
    if (letter === '\\') {
      index += 1;
      if (text[index] !== '\n') word = (word ?? '') + (text[index] ?? '');
    } else if (letter === "'" || letter === '"') {
      const end = closing(text, index);
      word = (word ?? '') + text.slice(index + 1, end);
      index = end;
    } else if (letter === '#' && word === undefined) {
      const end = text.indexOf('\n', index);
      index = (end < 0 ? text.length : end) - 1;
    } else if (letter === '|' && text[index + 1] !== '|' && text[index - 1] !== '|') endCommand(true);
    else if (';&|()\n`'.includes(letter)) endCommand(false);
    else if (letter === ' ' || letter === '\t' || letter === '\r') endWord();
    else word = (word ?? '') + letter;
  }
  endCommand(false);
  return commands;
}

/** Where the quote that opens at `start` closes; the end of the text where it never does. */
function closing(text: string, start: number): number {
  const quote = text[start]!;
  for (let index = start + 1; index < text.length; index++) {
    if (text[index] === '\\' && quote === '"') index += 1;
    else if (text[index] === quote) return index;
  }
  return text.length;
}
