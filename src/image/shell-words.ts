/** Splits a shell script into commands and their redirections, with the variables that are known filled in. Runs nothing. */

/** Stands in a word for what only running would tell. */
export const UNKNOWN = '\0';
/** Longer words are data. */
const MAX_WORD = 8_192;
/** `${A:-${B:-…}}` nests no deeper in scripts that people write. */
const MAX_NESTING = 8;

export interface ShellCommand {
  /** 1-based, of the first word. */
  readonly line: number;
  readonly words: readonly string[];
  /** Files that output is written to. */
  readonly outputs: readonly string[];
}

/** Words that introduce a command and are none. */
const KEYWORDS: ReadonlySet<string> = new Set(
  'if then else elif fi for while until do done case esac { } ! time'.split(' '),
);

/** Never throws; what is no shell gives commands of no meaning. Variables are those of `env` and of plain assignments. */
export function shellCommands(text: string, env: ReadonlyMap<string, string>): readonly ShellCommand[] {
  const variables = new Map(env);
  const commands: ShellCommand[] = [];
  const heredocs: string[] = [];
  let at = 0;
  let line = 1;
  let started = 1;
  let words: string[] = [];
  let outputs: string[] = [];

  function end(): void {
    while (words.length > 0 && KEYWORDS.has(words[0]!)) words.shift();
    assign(words, variables);
    if (words.length > 0 || outputs.length > 0) commands.push({ line: started, words, outputs });
    words = [];
    outputs = [];
  }

  function newline(): void {
    end();
    at++;
    line++;
    for (let delimiter = heredocs.shift(); delimiter !== undefined; delimiter = heredocs.shift()) {
      while (at < text.length) {
        const stop = text.indexOf('\n', at);
        const row = text.slice(at, stop < 0 ? undefined : stop);
        at = stop < 0 ? text.length : stop + 1;
        line++;
        if (row.trim() === delimiter) break;
      }
    }
  }

  function word(): string {
    const read = readWord(text, at, variables);
    line += text.slice(at, read.end).split('\n').length - 1;
    at = Math.max(read.end, at + 1);
    return read.word;
  }

  while (at < text.length) {
    const char = text[at]!;
    if (char === '\n') newline();
    else if (char === ' ' || char === '\t' || char === '\r') at++;
    else if (text.startsWith('\\\n', at)) {
      at += 2;
      line++;
    } else if (char === '#') at = lineEnd(text, at);
    else if (/[;&|()]/.test(char) && !/^&>/.test(text.slice(at, at + 2))) {
      end();
      at++;
    } else {
      if (words.length === 0 && outputs.length === 0) started = line;
      const [redirection = ''] = /^(?:\d*|&)(?:>>|>\||>&|>|<<<|<<-?|<&|<)/.exec(text.slice(at, at + 8)) ?? [];
      if (redirection === '') {
        words.push(word());
        continue;
      }
      at += redirection.length;
      while (text[at] === ' ' || text[at] === '\t') at++;
      const target = word();
      if (/<<-?$/.test(redirection)) heredocs.push(target);
      else if (/>>?$|>\|$/.test(redirection)) outputs.push(target);
      else if (redirection.endsWith('>&') && !/^[\d-]/.test(target)) outputs.push(target);
    }
  }
  end();
  return commands;
}

const lineEnd = (text: string, at: number): number => {
  const found = text.indexOf('\n', at);
  return found < 0 ? text.length : found;
};

/** One word from `at`: quotes removed, variables filled in. */
function readWord(text: string, from: number, variables: Map<string, string>): { word: string; end: number } {
  let word = '';
  let at = from;
  let quoted = false;
  while (at < text.length && word.length < MAX_WORD) {
    const char = text[at]!;
    if (!quoted && /[\s;&|()<>]/.test(char)) break;
    if (char === "'" && !quoted) {
      const close = text.indexOf("'", at + 1);
      word += text.slice(at + 1, close < 0 ? text.length : close);
      at = close < 0 ? text.length : close + 1;
    } else if (char === '"') {
      quoted = !quoted;
      at++;
    } else if (char === '\\') {
      if (text[at + 1] !== '\n') word += text[at + 1] ?? '';
      at += 2;
    } else if (char === '$' || char === '`') {
      const read = readExpansion(text, at, variables);
      word += read.value;
      at = read.end;
    } else {
      word += char;
      at++;
    }
  }
  return { word, end: at };
}

function readExpansion(text: string, at: number, variables: Map<string, string>): { value: string; end: number } {
  if (text[at] === '`') {
    const close = text.indexOf('`', at + 1);
    return { value: UNKNOWN, end: close < 0 ? text.length : close + 1 };
  }
  const next = text[at + 1];
  if (next === '(') return { value: UNKNOWN, end: closing(text, at + 1, '(', ')') };
  if (next === '{') {
    const end = closing(text, at + 1, '{', '}');
    return { value: parameter(text.slice(at + 2, end - 1), variables, 0), end };
  }
  const [name = ''] = /^[A-Za-z_]\w*/.exec(text.slice(at + 1, at + 129)) ?? [];
  if (name === '')
    return /[\d@*#?!$-]/.test(next ?? '') ? { value: UNKNOWN, end: at + 2 } : { value: '$', end: at + 1 };
  return { value: variables.get(name) ?? UNKNOWN, end: at + 1 + name.length };
}

/** Behind the bracket that closes the one at `at`. */
function closing(text: string, at: number, open: string, close: string): number {
  let depth = 0;
  for (let here = at; here < text.length; here++) {
    if (text[here] === open) depth++;
    else if (text[here] === close && --depth === 0) return here + 1;
  }
  return text.length;
}

/** What is inside of `${…}`. */
function parameter(inside: string, variables: Map<string, string>, depth: number): string {
  const [, name = '', operator = '', rest = ''] = /^([A-Za-z_]\w*)(?:(:?[-=])(.*))?$/s.exec(inside) ?? [];
  const known = variables.get(name);
  if (known !== undefined && !(known === '' && operator.startsWith(':'))) return known;
  if (operator === '' || depth >= MAX_NESTING) return UNKNOWN;
  const value = rest
    .replace(/^"(.*)"$/s, '$1')
    .replace(/\$\{([^{}]*)\}|\$([A-Za-z_]\w*)|\$\(.*\)|`.*`/gs, (_, braced?: string, plain?: string) =>
      braced === undefined && plain === undefined ? UNKNOWN : parameter((braced ?? plain)!, variables, depth + 1),
    );
  if (operator.endsWith('=')) variables.set(name, value);
  return value;
}

/** Takes assignments off the front of a command; those that stand alone, or behind `export` and its like, count. */
function assign(words: string[], variables: Map<string, string>): void {
  const declares = /^(?:export|local|readonly|declare|typeset)$/.test(words[0] ?? '');
  const own = declares ? words.slice(1) : words;
  const count = own.findIndex((one) => !/^[A-Za-z_]\w*=/.test(one));
  const assignments = count < 0 ? own : own.slice(0, count);
  if (declares || count < 0) {
    for (const one of assignments) {
      const equals = one.indexOf('=');
      const name = one.slice(0, equals);
      const value = one.slice(equals + 1);
      // Two values of one name: which holds depends on the way that the script takes.
      const before = variables.get(name);
      variables.set(name, before === undefined || before === value ? value : UNKNOWN);
    }
  }
  if (!declares) words.splice(0, assignments.length);
}
