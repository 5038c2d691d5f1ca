/**
 * The forms in which programs report a refused write: a table of patterns, each with example lines in
 * `fixtures/refused-writes.tsv`. Log lines are hostile: every pattern starts at a token's beginning (or at a fixed
 * word) and its classes exclude their own delimiter, so that matching is linear in the line's length.
 */

export interface LogForm {
  readonly name: string;
  /** Groups: `path` always; `to` for the second path of a rename; `op` for the operation. */
  readonly pattern: RegExp;
  /** The path is a directory that could not be made or used. */
  readonly directory?: boolean;
  /** Operations (group `op`) that are no writes. */
  readonly reads?: readonly string[];
  /** Operations (group `op`) that write only the second path: the first is what a link points to, or what is copied. */
  readonly copies?: readonly string[];
  /** Where the write went, for a message that never says it: no group `path` then. */
  readonly at?: string;
  /** Relative paths are relative to a directory of the server's own, which the line does not name. */
  readonly ownDirectory?: boolean;
  /** The message gives no reason, so that a line with another reason (`file exists`) is no refusal. */
  readonly reasonless?: boolean;
}

/** The three refusals in the words of the C library, of Go and of Erlang; case does not matter. */
const REFUSAL = '(?:read-only file ?system|permission denied|operation not permitted|erofs|eacces|eperm)';
/** Their numbers, as `errno` and Rust's `os error` give them. */
const NUMBER = '(?:30|13|1)';
/** Where an unquoted path may begin: after anything that cannot be a part of one. */
const BEGIN = `(?<=^|[\\s:="'(\\[])`;
/** An unquoted path: starts with `/` or `./`. Spaces end it, and so does `=/`, where another would begin. */
const PATH = `${BEGIN}(?<path>\\.{0,2}\\/(?:[^\\s:"'()\\[\\],=]|=(?!\\/))*)`;

const form = (name: string, pattern: string, more: Omit<LogForm, 'name' | 'pattern'> = {}): LogForm => ({
  name,
  pattern: new RegExp(pattern, 'iu'),
  ...more,
});

/** In the order of trying; the first that matches a line decides, so the specific ones stand first. */
export const LOG_FORMS: readonly LogForm[] = [
  form('redis-config', `\\bconfig file (?<path>\\/[^\\s:]+) is not writable: ${REFUSAL}`),
  form('nginx-mkdir', `\\bmkdir\\(\\) "(?<path>[^"]+)" failed \\(\\d+: ${REFUSAL}\\)`, { directory: true }),
  form('nginx', `\\b\\w{1,20}\\(\\) "(?<path>[^"]+)"(?: to "(?<to>[^"]+)")? failed \\(\\d+: ${REFUSAL}\\)`),
  form('nginx-bind', `\\bbind\\(\\) to unix:(?<path>\\/[^\\s]+) failed \\(\\d+: ${REFUSAL}\\)`),
  form('python', `\\[errno (?:30|13|1)\\] ${REFUSAL}: '(?<path>[^']+)'(?: -> '(?<to>[^']+)')?`),
  form('python-double-quoted', `\\[errno (?:30|13|1)\\] ${REFUSAL}: "(?<path>[^"]+)"`),
  // With `recursive`, Node hides EROFS behind the look that it takes afterwards at the directory.
  form('node-mkdir-recursive', `\\bENOENT: no such file or directory, mkdir '(?<path>[^']+)'`, { directory: true }),
  form('node-mkdir', `\\b(?:EROFS|EACCES|EPERM): [^,:']{1,40}, mkdir '(?<path>[^']+)'`, { directory: true }),
  form('node', `\\b(?:EROFS|EACCES|EPERM): [^,:']{1,40}, (?<op>\\w{1,20}) '(?<path>[^']+)'(?: -> '(?<to>[^']+)')?`, {
    reads: ['access', 'stat', 'lstat', 'fstat', 'scandir', 'opendir', 'read', 'readlink', 'realpath', 'spawn', 'watch'],
    copies: ['symlink', 'link', 'copyfile'],
  }),
  form('deno', `\\(os error ${NUMBER}\\)[:,] (?<op>\\w{1,20}) '(?<path>[^']+)'`, {
    reads: ['stat', 'lstat', 'readlink'],
  }),
  form('go-listen', `\\blisten unix(?:gram|packet)? (?<path>\\/[^\\s:]+): bind: ${REFUSAL}`),
  form('go-rename', `\\b(?<op>rename|link|symlink) (?<path>[^\\s:]+) (?<to>\\/[^\\s:]+): ${REFUSAL}`, {
    copies: ['link', 'symlink'],
  }),
  form('go-mkdir', `\\bmkdir(?:at)? (?<path>[^\\s:"'./]*[./][^\\s:"']*): ${REFUSAL}`, { directory: true }),
  form(
    'go-open',
    `\\b(?:open|openat|create|truncate|chmod|chown|lchown|chtimes|remove|unlink|unlinkat) (?<path>[^\\s:"'./]*[./][^\\s:"']*): ${REFUSAL}`,
  ),
  form('ruby-rename', `${REFUSAL} @ \\w{1,40} - \\((?<path>[^\\s,()]+), (?<to>[^\\s,()]+)\\)`),
  form('ruby-mkdir', `${REFUSAL} @ dir_\\w{1,40} - (?<path>[^\\s()]+)`, { directory: true }),
  form('ruby', `${REFUSAL} @ \\w{1,40} - (?<path>[^\\s()]+)`),
  form('dotnet', `${REFUSAL} : '(?<path>[^']+)'`),
  form('dotnet-access', `\\bAccess to the path '(?<path>[^']+)' is denied`),
  form('php-mkdir', `\\bmkdir\\((?<path>\\/[^(),]+)(?:,[^()]*)?\\)[^:()]{0,20}: ${REFUSAL}`, { directory: true }),
  form('php', `\\b\\w{1,40}\\((?<path>\\/[^(),]+)(?:,[^()]*)?\\)[^:()]{0,20}: (?:failed to open stream: )?${REFUSAL}`),
  form('php-fpm', `\\((?<path>\\/[^()]+)\\)\\.?: ${REFUSAL}`),
  form(
    'monolog',
    `\\bstream or file "(?<path>[^"]+)" could not be opened[^:]{0,40}: (?:failed to open stream: )?${REFUSAL}`,
  ),
  form('uwsgi', `\\b\\w{1,20}\\("(?<path>[^"]+)"\\)[^:()]{0,20}: ${REFUSAL}`),
  form(
    'apache',
    `\\((?:30|13|1)\\)${REFUSAL}: (?:\\[[^\\]]{0,80}\\] )?AH\\d{5}: [^/]{0,120}(?<path>\\/[^\\s,()]*[^\\s,().])`,
  ),
  form('mysql', `'(?<path>[^']+)'[^'()]{0,40} \\((?:OS errno|Errcode:) ${NUMBER}\\b`, { ownDirectory: true }),
  form('mysql-lock', `\\b(?:could not|can't) create (?:unix socket )?lock file (?<path>\\/[^\\s']*[^\\s'.])`, {
    reasonless: true,
  }),
  form('mysql-for', `\\bfile '(?<path>[^']+)' for [^':]{1,40}: ${REFUSAL}`),
  form('redis', `\\bfile (?<path>[^\\s()]+) \\(in server root dir (?<in>[^\\s()]+)\\)[^:]{0,40}: ${REFUSAL}`),
  form('haproxy', `\\(${REFUSAL}\\) \\[(?<path>\\/[^\\]]+)\\]`),
  form('haproxy-pidfile', `\\bcannot create pidfile '?(?<path>\\/[^\\s':]+)`, { reasonless: true }),
  form('apt', `${PATH} (?:is missing\\. )?- \\w{1,20} \\(\\d{1,3}: ${REFUSAL}\\)`),
  form('apt-read-only-lock', `\\bread only lock file (?<path>\\/[^\\s]+)`),
  form('slapd', `"(?<path>[^"]+)": \\d{1,3} \\(${REFUSAL}\\)`),
  form('squid', `${PATH}: \\(\\d{1,3}\\) ${REFUSAL}`),
  form('rsyslog', `\\bfile '(?<path>[^']+)': open error: ${REFUSAL}`),
  form('named-create', `(?<=^|\\s)(?<path>[^\\s:]+): create: ${REFUSAL}`),
  form('clickhouse-directory', `\\bdirectory:? ${PATH},? errno: ${NUMBER}, strerror: ${REFUSAL}`, { directory: true }),
  form('clickhouse', `${PATH},? errno: ${NUMBER}, strerror: ${REFUSAL}`),
  form('poco', `\\bfile is read-only: (?<path>\\/[^\\s:,]+)`),
  form('cxx-directory', `\\b(?:create_director|create director)(?:y|ies): ${REFUSAL} \\["?(?<path>[^"\\]]+)"?\\]`, {
    directory: true,
  }),
  form(
    'cxx',
    `\\bfilesystem error: [^[:]{1,60}: ${REFUSAL} \\["?(?<path>[^"\\]]+)"?\\](?: \\["?(?<to>[^"\\]]+)"?\\])?`,
  ),
  form('rust-path', `\\(os error ${NUMBER}\\) at path "(?<path>[^"]+)"`),
  form('rust', `(?<=[\\s(])["'\`](?<path>\\/[^"'\`]+)["'\`][^"'\`{]{0,60}\\bOs \\{ code: ${NUMBER}\\b`),
  form('rust-unquoted', `${PATH}: Os \\{ code: ${NUMBER}\\b`),
  form('erlang', `"(?<path>\\/[^"]+)",(?:\\[\\],)?(?:erofs|eacces|eperm)\\b`),
  form('java-file-system', `\\bFileSystemException: (?<path>[^\\s:]+)(?: -> (?<to>[^\\s:]+))?: ${REFUSAL}`),
  form('log4j', `\\bunable to create file (?<path>[^\\s:]+) [\\w.]{1,60}: ${REFUSAL}`),
  form('jvm-log', `\\bcannot open file (?<path>[^\\s:]+) due to ${REFUSAL}`),
  form('java-access-denied', `\\bAccessDeniedException: (?<path>\\/[^\\s:]+)`),
  form('java', `${PATH} \\(${REFUSAL}\\)`),
  form('openssl', `\\bcan't open "?(?<path>[^\\s",]+)"? for writing, ${REFUSAL}`),
  form('zsh', `\\bzsh:(?:\\d{1,6}:)? ${REFUSAL}: (?<path>[^\\s:]+)`),
  form('ksh', `(?<=^|\\s)(?<path>[^\\s:]+): cannot create \\[${REFUSAL}\\]`),
  form('here-document-directory', `\\bcannot create temp file for here-document: ${REFUSAL}`, {
    at: '/tmp',
    directory: true,
  }),
  form('tar-mkdir', `\\btar: (?<path>[^\\s:]+): cannot mkdir: ${REFUSAL}`, { directory: true }),
  form('tar', `\\btar: (?<path>[^\\s:]+): cannot [^:]{1,40}: ${REFUSAL}`),
  form('coreutils-rename', `\\bcannot move '(?<path>[^']+)' to '(?<to>[^']+)': ${REFUSAL}`),
  form('perl-in-place', `\\binplace edit on (?<path>[^\\s:]+): [^:]{1,40}: ${REFUSAL}`),
  form('chattr', `${REFUSAL} while [a-z ]{1,40} on (?<path>\\/[^\\s]+)`),
  form('mkstemp-directory', `${PATH}: mkstemp: ${REFUSAL}`, { directory: true }),
  form('double-quoted-parentheses', `(?<=[\\s(])"(?<path>[^"]+)"[^":()]{0,20} \\(${REFUSAL}\\)`),
  form('git', `\\b(?:unable to create file|could not lock config file|the file) (?<path>[^\\s:'"]+): ${REFUSAL}`),
  form('postgres-data', `"(?<path>(?:global|base|pg_\\w{1,20}|postmaster)[./][^"]*)"[^":]{0,20}: ${REFUSAL}`, {
    ownDirectory: true,
  }),
  form('quoted-directory', `\\b(?:directory|dir|mkdir) '(?<path>[^']+)'[^':]{0,20}: ${REFUSAL}`, { directory: true }),
  form('quoted', `(?<=[\\s(])['\`](?<path>[^'\`]+)'[^':]{0,20}: '?${REFUSAL}`),
  form('quoted-parentheses', `(?<=[\\s(])['\`](?<path>[^'\`]+)' \\(${REFUSAL}\\)`),
  form(
    'double-quoted-directory',
    `\\b(?:directory|dir|mkdir|subvolume|with -p\\)) "(?<path>[^"]+)"[^":]{0,20}: ${REFUSAL}`,
    { directory: true },
  ),
  form('double-quoted', `(?<=[\\s(])"(?<path>[^"]+)"[^":]{0,20}: ${REFUSAL}`),
  form('shell', `\\bsh: (?:line )?(?:\\d{1,6}: )?(?:(?:cannot|can't) create )?(?<path>[^\\s:']+): ${REFUSAL}`),
  form(
    'busybox',
    `^(?:touch|mkdir|rm|rmdir|cp|mv|ln|chmod|chown|tee|mknod|mkfifo|truncate|dd|split): (?<path>[^\\s:']+): ${REFUSAL}`,
  ),
  form('shell-script', `: line \\d{1,6}: (?<path>[^\\s:']+): ${REFUSAL}`),
  form('plain-directory', `\\b(?:directory|dir|mkdir):? ${PATH} ?: ${REFUSAL}`, { directory: true }),
  form('plain', `${PATH} ?(?:for writing)?: ${REFUSAL}`),
  form('json', `"(?:path|file|filename|directory|dir|socket|dest)":"(?<path>\\/[^"]+)"[^{}]{0,300}${REFUSAL}`),
  form('json-behind', `${REFUSAL}[^{}]{0,200}"(?:path|file|filename|directory|dir|dest)":"(?<path>\\/[^"]+)"`),
  form('logfmt', `\\b(?:path|file|filename|dir|directory)="?(?<path>\\/[^\\s"]{1,255})"? [^{}]{0,300}${REFUSAL}`),
  form('logfmt-behind', `${REFUSAL}[^{}]{0,200} (?:path|file|filename|dir|directory)="?(?<path>\\/[^\\s"]+)`),
  form(
    'last-line',
    '^(?![\\w.]{1,100}(?:exception|error):)(?<path>[\\w.-]{1,100}\\.\\w{1,20}): read-only file system$',
  ),
  form('not-writable', `${PATH} is not write?able\\b`, { directory: true }),
  form('not-writable-variable', `='(?<path>\\/[^']+)' is not writable`, { directory: true }),
  form('not-writable-cache-directory', `"(?<path>\\/[^"]+)" because it is not writable`, { directory: true }),
  form('not-writable-parent', `\\bdirectory '(?<path>\\/[^']+)' or its parent directory is not (?:owned|writable)`, {
    directory: true,
  }),
  form('not-writable-default', `\\bdefault path \\((?<path>\\/[^)]+)\\) is not a writable directory`, {
    directory: true,
  }),
  form('must-be-writable-directory', `\\bThe (?<path>\\/[^\\s]+) directory must be present and writable`, {
    directory: true,
  }),
  form('exists-and-writable', `\\bensure that (?<path>\\/[^\\s]+) exists and is writable`),
  form('no-write-permissions-directory', `\\bhave write permissions for (?<path>\\/[^\\s]+) directory`, {
    directory: true,
  }),
  form('no-temporary-directory', `\\bno usable temporary directory found in \\['(?<path>[^']+)'`, { directory: true }),
  form('no-temporary-directory-elixir', `\\bcould not get a writable temporary directory`, {
    at: '/tmp',
    directory: true,
  }),
  form(
    'no-temporary-directory-spring',
    `\\bunable to create tempDir\\. java\\.io\\.tmpdir is set to (?<path>\\/[^\\s]+)`,
    {
      directory: true,
    },
  ),
  form('npm-log-directory', `\\bdue to an error writing to the directory: (?<path>\\/[^\\s]+)`, { directory: true }),
  form('bundler', `\\btrying to (?:write to|create) \`(?<path>\\/[^\`]+)\``),
  form('elasticsearch-directory', `\\bfailed to obtain node locks, tried \\[+(?<path>\\/[^\\],]+)`, {
    directory: true,
  }),
  form('elasticsearch-access-directory', `\\bUnable to access '[\\w.]{1,30}' \\((?<path>\\/[^)]+)\\)`, {
    directory: true,
  }),
  form('tomcat-scratch-directory', `\\bscratchDir you specified: \\[?(?<path>\\/[^\\s\\]]+)\\]? is unusable`, {
    directory: true,
  }),
  form('logback', `\\bFailed to create parent directories for \\[(?<path>\\/[^\\]]+)\\]`),
  form(
    'for-writing',
    `\\b(?:cannot|can't|could not|unable to) open (?:log file |the file )?'?(?<path>\\/[^\\s']+)'? for writing\\b`,
    {
      reasonless: true,
    },
  ),
  form(
    'create-directory',
    `\\b(?:unable to|failed to|could not|cannot|can't) (?:create|write in|write to)(?: or validate)?(?: the)?(?: ["\\w]{1,20}){0,3} director(?:y|ies)(?: for deployment)?:? ?[\\["'(\`]?(?<path>\\/[^\\s\\]"'()\`:,;]+)`,
    { directory: true, reasonless: true },
  ),
  form('account-file', `\\bcannot lock (?<path>\\/etc\\/\\w{1,20}); try again later`),
];

/** A refused write over two lines: the second line of the message says what, one of the few before it says where. */
export interface LogFormOverLines {
  readonly name: string;
  readonly refused: RegExp;
  /** Group `path`. */
  readonly before: RegExp;
}

export const LOG_FORMS_OVER_LINES: readonly LogFormOverLines[] = [
  {
    name: 'redis-option',
    refused: new RegExp(`^can't open the log file: ${REFUSAL}`, 'iu'),
    before: /^>>> '\w{1,40} "?(?<path>\/[^\s"']+)/u,
  },
  {
    name: 'rust-cause',
    refused: new RegExp(`^(?:\\d{1,2}: )?${REFUSAL} \\(os error ${NUMBER}\\)$`, 'iu'),
    before:
      /\b(?:failed|unable|could not|cannot)(?: to)? (?:create|open|write|remove)\b[^/]{0,60}(?<path>\/[^\s:"'`()[\],]+)/iu,
  },
  {
    name: 'unzip',
    refused: new RegExp(`^${REFUSAL}$`, 'iu'),
    before: /\b(?:cannot|can't) create (?:extraction directory: )?(?<path>\/[^\s:]+)/iu,
  },
];

/** A line of npm's list of what is known of an error: `npm ERR! code EROFS`, `npm error path /app/.npm`. */
export const NPM_FIELD = /^npm (?:ERR!|error) (?<key>code|syscall|path) (?<value>\S+)$/u;

/** Lines that report a refusal of something else than a write. They are looked for first. */
export const NOT_WRITES: readonly RegExp[] = [
  // Go and Node name the call; Go's own are followed by a path.
  /\b(?:l?stat|readlink|fork\/exec|exec|execve|chdir|readdirent|scandir|opendir) "?\/[^\s:"]*"?: permission denied/i,
  // Programs that only read; `cannot access`, `cannot stat` are coreutils' words for it.
  /^(?:cat|grep|head|tail|ls|find|du|wc|stat|realpath|readlink|less|cd): .*permission denied/i,
  /\b(?:cannot|can't) (?:access|stat|execute|read|open directory|chdir to) ['"/].*permission denied/i,
  /\bfor reading: /i,
  // dash says `cannot create` where it writes; without it, it could not execute.
  /\bsh: \d{1,6}: (?!cannot|can't)[^\s:]+: permission denied/i,
  /\bsysctl: |\bsetting key "/i,
  /\bu?mount(?:\(\d+\))?: /i,
  // nginx serves a file that it may not read; its own files it reports as [crit] and above.
  /\[error\] [^"]{0,120}\bopen\(\) "[^"]+" failed \(13:/,
  /\bis forbidden \(13:/,
  // Apache, of a request for a file that it may not read.
  /\bPermission denied: \[client /,
  // What a script only looked at: no write was tried.
  /\(read-only file system\?\)/i,
];

/** Another reason than a refusal, for forms that would take a line without any. */
export const OTHER_REASON =
  /\b(?:exists?\b|no such file|no space left|not a directory|is a directory|resource busy|invalid argument|quota|too many open|file name too long|interrupted)/i;

/** A write was refused, and the line does not say where. */
export const REFUSED_SOMEWHERE =
  /(?:^|[:"'(\]=-] ?|\d )read-only file ?system|\bEROFS\b|\berofs\b|attempt to write a readonly database|unable to open database file|\berror number 30\b|\bunable to (?:write|create|open) (?:the )?(?:pid|lock|log) ?file\b/i;

/** A cheap look that most lines fail: only lines with one of these words are matched against the table. */
export const MAYBE_REFUSED =
  /read-only file ?system|permission denied|operation not permitted|erofs|eacces|eperm|accessdenied|is denied|write?able|errno|errcode|os error|code: (?:30|13)\b|lock file|pidfile|for writing|file is read-only|directory|temporary|tempdir|trying to (?:write to|create)|node locks|parent directories|is unusable|try again later|readonly database|unable to (?:access|open|write|create)|error number|npm (?:ERR!|error) |>>> '/i;
