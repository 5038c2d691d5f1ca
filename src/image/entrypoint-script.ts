/** Reads from a start script which paths it may write. Nothing is run: every branch counts, and what only running tells is left out. */
import { type ShellCommand, shellCommands, UNKNOWN } from './shell-words.ts';

/** A script that writes more places is data to us. */
const MAX_WRITES = 200;
/** The longest start scripts of popular images are below 50 kB. */
export const MAX_SCRIPT_BYTES = 128 * 1024;
/** Of the command that is shown. */
const MAX_SHOWN = 120;

export interface ScriptWrite {
  /** Absolute. */
  readonly path: string;
  readonly what: 'create' | 'mkdir' | 'modify' | 'attributes';
  /** 1-based. */
  readonly line: number;
  /** The command, shortened. */
  readonly text: string;
}

type Write = Pick<ScriptWrite, 'path' | 'what'>;

/** What a shell script may write, each path and kind once, in its order. Never throws. */
export function scriptWrites(text: string, env: ReadonlyMap<string, string> = new Map()): readonly ScriptWrite[] {
  const found = new Map<string, ScriptWrite>();
  for (const command of shellCommands(text.slice(0, MAX_SCRIPT_BYTES), env)) {
    const written = [...command.outputs.map((path): Write => ({ path, what: 'create' })), ...writesOf(command)];
    for (const write of written) {
      const place = placeOf(write);
      if (place === undefined || found.size >= MAX_WRITES) continue;
      const shown = command.words.join(' ').replaceAll(UNKNOWN, '…') || `> ${write.path}`;
      const key = `${place.what} ${place.path}`;
      if (!found.has(key)) found.set(key, { ...place, line: command.line, text: shown.slice(0, MAX_SHOWN) });
    }
  }
  return [...found.values()];
}

/** An absolute path of which all is known; else something new in the directory up to which it is known. */
function placeOf({ path: written, what }: Write): Write | undefined {
  const path = written.replace(/\/{2,}/g, '/');
  if (!path.startsWith('/') || /^\/(?:dev|proc|sys)(?:\/|$)/.test(path)) return undefined;
  const open = path.search(/[\0*?[{]/);
  const plain = path.replace(/\/+$/, '');
  if (open < 0) return plain === '' ? undefined : { path: plain, what };
  const directory = path.slice(0, path.lastIndexOf('/', open));
  // `/$X` could be anywhere.
  return directory === '' ? undefined : { path: directory, what: 'modify' };
}

/** Commands that run another one; how many of their own words come before it, options aside. */
const WRAPPERS: Readonly<Record<string, number>> = {
  exec: 0,
  command: 0,
  builtin: 0,
  sudo: 0,
  nohup: 0,
  env: 0,
  gosu: 1,
  'su-exec': 1,
  setpriv: 0,
};

function writesOf({ words }: ShellCommand): readonly Write[] {
  const [name = '', ...args] = unwrapped(words);
  const command = name.slice(name.lastIndexOf('/') + 1);
  const plain = operands(args, command);
  const all = (paths: readonly string[], what: Write['what']) => paths.map((path): Write => ({ path, what }));
  switch (command) {
    case 'mkdir':
      return all(plain, 'mkdir');
    case 'touch':
    case 'tee':
    case 'mkfifo':
    case 'truncate':
      return all(plain, 'create');
    case 'chown':
    case 'chmod':
    case 'chgrp':
      return all(args.some((arg) => arg.startsWith('--reference')) ? plain : plain.slice(1), 'attributes');
    case 'install':
      return args.some((arg) => /^-[A-Za-z]*d|^--directory$/.test(arg))
        ? all(plain, 'mkdir')
        : all(target(args, plain), 'create');
    case 'cp':
    case 'mv':
    case 'ln':
    case 'rsync':
      return all(target(args, plain), 'create');
    case 'sed':
    case 'perl':
      return inPlace(args, plain);
    case 'dd':
      return all(
        args.flatMap((arg) => (arg.startsWith('of=') ? [arg.slice(3)] : [])),
        'create',
      );
    case 'tar':
      return extraction(args);
    case 'find':
      return args.some((arg) => /^(?:-delete|chown|chmod|chgrp)$/.test(arg)) ? all(roots(args), 'attributes') : [];
    default:
      return [];
  }
}

function unwrapped(words: readonly string[]): readonly string[] {
  let rest = words;
  for (let skip = WRAPPERS[rest[0] ?? '']; skip !== undefined; skip = WRAPPERS[rest[0] ?? '']) {
    rest = rest.slice(1);
    while (rest[0]?.startsWith('-') || /^[A-Za-z_]\w*=/.test(rest[0] ?? '')) rest = rest.slice(1);
    rest = rest.slice(skip);
  }
  return rest;
}

/** Options of these commands that take the next word. */
const WITH_VALUE: Readonly<Record<string, RegExp>> = {
  mkdir: /^-[A-Za-z]*[mZ]$/,
  touch: /^-[A-Za-z]*[drt]$/,
  truncate: /^-[A-Za-z]*[sr]$/,
  install: /^-[A-Za-z]*[mogtS]$/,
  cp: /^-[A-Za-z]*[tS]$/,
  mv: /^-[A-Za-z]*[tS]$/,
  ln: /^-[A-Za-z]*[tS]$/,
  sed: /^-[A-Za-z]*[ef]$|^--(?:expression|file)$/,
  perl: /^-[A-Za-z0-9.]*e$/,
};

function operands(args: readonly string[], command: string): readonly string[] {
  const found: string[] = [];
  const withValue = WITH_VALUE[command];
  let only = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (only || !arg.startsWith('-') || arg === '-') found.push(arg);
    else if (arg === '--') only = true;
    else if (withValue?.test(arg)) at++;
  }
  return found;
}

/** Where copies go: `-t DIRECTORY`, else the last of at least two. */
function target(args: readonly string[], plain: readonly string[]): readonly string[] {
  const option = args.findIndex((arg) => /^-[A-Za-z]*t$/.test(arg));
  const named = args.find((arg) => arg.startsWith('--target-directory='));
  if (named !== undefined) return [named.slice(named.indexOf('=') + 1)];
  if (option >= 0) return args.slice(option + 1, option + 2);
  return plain.length >= 2 ? plain.slice(-1) : [];
}

/** `sed -i` makes a new file beside the old one and renames it: the directory must be writable, which `modify` asks for. */
function inPlace(args: readonly string[], plain: readonly string[]): readonly Write[] {
  if (!args.some((arg) => /^-[A-Za-z0-9]*i/.test(arg) || arg.startsWith('--in-place'))) return [];
  const hasScript = args.some((arg) => /^-[A-Za-z0-9.]*[ef]$|^--(?:expression|file)/.test(arg));
  return (hasScript ? plain : plain.slice(1)).map((path) => ({ path, what: 'modify' }));
}

function extraction(args: readonly string[]): readonly Write[] {
  const extracts = args.some(
    (arg, at) => /^-[A-Za-z]*x|^--(?:extract|get)$/.test(arg) || (at === 0 && /^[a-z]*x/.test(arg)),
  );
  const option = args.findIndex((arg) => /^-[A-Za-z]*C$|^--directory$/.test(arg));
  const named = args.find((arg) => arg.startsWith('--directory='));
  const path = named === undefined ? args[option + 1] : named.slice(named.indexOf('=') + 1);
  return extracts && path !== undefined && (option >= 0 || named !== undefined) ? [{ path, what: 'modify' }] : [];
}

/** find's starting points: everything before its first test. */
function roots(args: readonly string[]): readonly string[] {
  const first = args.findIndex((arg) => /^[-(!]/.test(arg));
  return first < 0 ? args : args.slice(0, first);
}
