/** What a directory of a container is to the programs in it: programs, start-up, configuration, or none of these. */

/** `programs` and `start-up` decide what runs; `configuration` is that of one program. */
export type ProgramPlace = 'programs' | 'start-up' | 'configuration';

const PROGRAM_ROOTS: ReadonlySet<string> = new Set(['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'boot']);
/** What the dynamic linker, logins, cron and the start of services obey: below /etc, by the first step of the path. */
const START_UP =
  /^(?:ld[.-].*|passwd-?|group-?|shadow-?|gshadow-?|sudoers(?:\.d)?|nsswitch\.conf|pam\.(?:d|conf)|security|cron.*tab|anacrontab|cron\.[a-z]+|crontabs|inittab|init\.d|init|rc.*\.d|rc\.local|systemd|service|services\.d|cont-init\.d|s6-overlay|runit|profile|profile\.d|bash\.bashrc|environment|alternatives)$/;
/** A directory of such a name holds data or content, wherever it lies. */
const DATA = /^(?:\.?cache|data|logs?|te?mp|work|var|run|spool|htdocs|html|www|.+_temp)$/;
/** A directory of such a name below /usr holds configuration. */
const CONFIGURATION = /^(?:etc|conf|config|conf\.d)$/;
/** Below a `share` directory everything is content but these. */
const SHARED_PROGRAMS = /^(?:bin|sbin|lib|libexec|perl5?|python3?|nodejs)$/;

/** What lies at a clean path; undefined for scratch, data, content, and places that belong to the application. */
export function programPlace(path: string): ProgramPlace | undefined {
  if (path === '/') return 'programs';
  const end = path.indexOf('/', 1);
  const root = path.slice(1, end < 0 ? undefined : end);
  if (PROGRAM_ROOTS.has(root)) return 'programs';
  if (root !== 'etc' && root !== 'usr') return undefined;
  const steps = end < 0 ? [] : path.slice(end + 1).split('/');
  return root === 'etc' ? belowEtc(steps) : belowUsr(steps);
}

function belowEtc(steps: readonly string[]): ProgramPlace | undefined {
  const [first] = steps;
  if (first === undefined || START_UP.test(first)) return 'start-up';
  return steps.some((step) => DATA.test(step)) ? undefined : 'configuration';
}

function belowUsr(steps: readonly string[]): ProgramPlace | undefined {
  if (steps.some((step) => DATA.test(step))) return undefined;
  if (steps.some((step) => CONFIGURATION.test(step))) return 'configuration';
  const shared = steps.indexOf('share');
  if (shared >= 0 && shared < steps.length - 1)
    return steps.slice(shared + 1).some((step) => SHARED_PROGRAMS.test(step)) ? 'programs' : undefined;
  return 'programs';
}

/** Where images keep applications, of any name below them too. */
const APPLICATION = /^\/(?:app|application|apps|code|opt|workspace|home\/app|var\/task)(?=\/|$)/;

/** Whether applications usually lie at a clean path, and nothing in it says data or configuration. */
export function applicationDirectory(path: string): boolean {
  const [root] = APPLICATION.exec(path) ?? [];
  if (root === undefined) return false;
  const below = path.slice(root.length).split('/');
  return !below.some((step) => DATA.test(step) || CONFIGURATION.test(step));
}
