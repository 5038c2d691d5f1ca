/** Which commands put software into a container: package managers, clones, and downloads that are run. */

const OPERANDS: Readonly<Record<string, ReadonlySet<string>>> = {
  apk: new Set(['add', 'update', 'upgrade']),
  apt: new Set(['dist-upgrade', 'full-upgrade', 'install', 'update', 'upgrade']),
  bundle: new Set(['install', 'update']),
  cargo: new Set(['install']),
  composer: new Set(['install', 'require', 'self-update', 'update']),
  conda: new Set(['install', 'update']),
  gem: new Set(['install', 'update']),
  git: new Set(['clone', 'pull']),
  go: new Set(['get', 'install']),
  npm: new Set(['add', 'ci', 'clean-install', 'i', 'install', 'update']),
  pip: new Set(['download', 'install']),
  pnpm: new Set(['add', 'i', 'install', 'update']),
  uv: new Set(['add', 'sync']),
  yarn: new Set(['add', 'install', 'upgrade']),
  yum: new Set(['distro-sync', 'install', 'localinstall', 'reinstall', 'update', 'upgrade']),
  zypper: new Set(['dup', 'in', 'install', 'up', 'update']),
};
const SAME_AS: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  aptitude: 'apt',
  dnf: 'yum',
  microdnf: 'yum',
  tdnf: 'yum',
  mamba: 'conda',
  micromamba: 'conda',
  pipx: 'pip',
};
/** Options that take the next word, where it would be taken for what the program shall do. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  '-C',
  '-c',
  '-o',
  '--prefix',
  '--cwd',
  '--git-dir',
  '--work-tree',
  '-R',
  '--repository',
  '-X',
  '-p',
]);

const DOWNLOADER = /^(?:curl|wget|fetch)$/;
const RUNS_ITS_INPUT = /^(?:(?:ba|da|a|k|z)?sh|python[\d.]*|perl|ruby|node|php)$/;
const SELF_UPDATE = /^self-?_?update$/;
/** Longest part of a command that a sentence repeats. */
const MAX_SAID = 80;

/** What is installed, as words for a sentence; undefined: nothing. `into`: the command that gets its output. */
export function installs(words: readonly string[], into: readonly string[] | undefined): string | undefined {
  const name = baseName(words[0]);
  if (DOWNLOADER.test(name)) {
    const runner = baseName(into?.[0]);
    return RUNS_ITS_INPUT.test(runner) ? `${name} … | ${runner}` : undefined;
  }
  const rest = words.slice(1);
  if (/^python[\d.]*$/.test(name))
    return rest[0] === '-m' && rest[1] !== undefined ? installs(rest.slice(1), into) : undefined;
  if (name === 'uv' && rest[0] === 'pip') return installs(rest, into);
  if (name === 'pacman')
    return rest.some((word) => /^-S/.test(word) && !/^-S[a-z]*[silg]/.test(word)) ? said(words) : undefined;
  const operands = operandsOf(rest);
  const [action = ''] = operands;
  if (SELF_UPDATE.test(action)) return said([name, action]);
  const known = /^pip[\d.]+$/.test(name) ? 'pip' : (SAME_AS[name] ?? name);
  if (!Object.hasOwn(OPERANDS, known) || !OPERANDS[known]!.has(action)) return undefined;
  return said([name, action, ...operands.slice(1)]);
}

/** At most four: no more is looked at or said. */
function operandsOf(words: readonly string[]): string[] {
  const operands: string[] = [];
  for (let index = 0; index < words.length && operands.length < 4; index++) {
    const word = words[index]!;
    if (WITH_VALUE.has(word)) index += 1;
    else if (!word.startsWith('-')) operands.push(word);
  }
  return operands;
}

function said(words: readonly string[]): string {
  const text = words.join(' ').replaceAll('`', "'").replaceAll(/\s+/g, ' ');
  return text.length > MAX_SAID ? `${text.slice(0, MAX_SAID)}…` : text;
}

function baseName(program: string | undefined): string {
  return program === undefined ? '' : program.slice(program.lastIndexOf('/') + 1);
}
