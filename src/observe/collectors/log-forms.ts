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
}

/** The three refusals in the words of the C library, of Go and of Erlang; case does not matter. */
const REFUSAL = '(?:read-only file ?system|permission denied|operation not permitted|erofs|eacces|eperm)';
/** Where an unquoted path may begin: after anything that cannot be a part of one. */
const BEGIN = `(?<=^|[\\s:="'(\\[])`;
/** An unquoted path: starts with `/` or `./`. Spaces end it. */
const PATH = `${BEGIN}(?<path>\\.{0,2}\\/[^\\s:"'()\\[\\],]*)`;

const form = (name: string, pattern: string, more: Omit<LogForm, 'name' | 'pattern'> = {}): LogForm => ({
  name,
  pattern: new RegExp(pattern, 'iu'),
  ...more,
});

/** In the order of trying; the first that matches a line decides, so the specific ones stand first. */
export const LOG_FORMS: readonly LogForm[] = [
  form('nginx-mkdir', `\\bmkdir\\(\\) "(?<path>[^"]+)" failed \\(\\d+: ${REFUSAL}\\)`, { directory: true }),
  form('nginx', `\\b\\w{1,20}\\(\\) "(?<path>[^"]+)"(?: to "(?<to>[^"]+)")? failed \\(\\d+: ${REFUSAL}\\)`),
  form('nginx-bind', `\\bbind\\(\\) to unix:(?<path>\\/[^\\s]+) failed \\(\\d+: ${REFUSAL}\\)`),
  form('python', `\\[errno (?:30|13|1)\\] ${REFUSAL}: '(?<path>[^']+)'(?: -> '(?<to>[^']+)')?`),
  form('python-double-quoted', `\\[errno (?:30|13|1)\\] ${REFUSAL}: "(?<path>[^"]+)"`),
  form('node-mkdir', `\\b(?:EROFS|EACCES|EPERM): [^,:']{1,40}, mkdir '(?<path>[^']+)'`, { directory: true }),
  form('node', `\\b(?:EROFS|EACCES|EPERM): [^,:']{1,40}, (?<op>\\w{1,20}) '(?<path>[^']+)'(?: -> '(?<to>[^']+)')?`, {
    reads: ['access', 'stat', 'lstat', 'fstat', 'scandir', 'opendir', 'read', 'readlink', 'realpath', 'spawn', 'watch'],
  }),
  form('go-listen', `\\blisten unix(?:gram|packet)? (?<path>\\/[^\\s:]+): bind: ${REFUSAL}`),
  form('go-rename', `\\b(?:rename|link|symlink) (?<path>\\/[^\\s:]+) (?<to>\\/[^\\s:]+): ${REFUSAL}`),
  form('go-mkdir', `\\bmkdir(?:at)? (?<path>[^\\s:./]*[./][^\\s:]*): ${REFUSAL}`, { directory: true }),
  form(
    'go-open',
    `\\b(?:open|openat|create|truncate|chmod|chown|lchown|remove|unlinkat) (?<path>[^\\s:"'./]*[./][^\\s:"']*): ${REFUSAL}`,
  ),
  form('ruby-rename', `${REFUSAL} @ \\w{1,40} - \\((?<path>[^\\s,()]+), (?<to>[^\\s,()]+)\\)`),
  form('ruby-mkdir', `${REFUSAL} @ dir_\\w{1,40} - (?<path>[^\\s()]+)`, { directory: true }),
  form('ruby', `${REFUSAL} @ \\w{1,40} - (?<path>[^\\s()]+)`),
  form('dotnet', `${REFUSAL} : '(?<path>[^']+)'`),
  form('dotnet-access', `\\bAccess to the path '(?<path>[^']+)' is denied`),
  form('php-mkdir', `\\bmkdir\\((?<path>\\/[^(),]+)(?:,[^()]*)?\\)[^:()]{0,20}: ${REFUSAL}`, { directory: true }),
  form('php', `\\b\\w{1,40}\\((?<path>\\/[^(),]+)(?:,[^()]*)?\\)[^:()]{0,20}: (?:failed to open stream: )?${REFUSAL}`),
  form('uwsgi', `\\b\\w{1,20}\\("(?<path>[^"]+)"\\)[^:()]{0,20}: ${REFUSAL}`),
  form('apache', `\\((?:30|13|1)\\)${REFUSAL}: (?:\\[[^\\]]{0,80}\\] )?AH\\d{5}: [^/]{0,120}(?<path>\\/[^\\s,]+)`),
  form('mysql', `'(?<path>[^']+)'[^'()]{0,40} \\((?:OS errno|Errcode:) (?:30|13|1)\\b`),
  form('mysql-for', `\\bfile '(?<path>[^']+)' for [^':]{1,40}: ${REFUSAL}`),
  form('redis', `\\bfile (?<path>[^\\s()]+) \\(in server root dir (?<in>[^\\s()]+)\\)[^:]{0,40}: ${REFUSAL}`),
  form('haproxy', `\\(${REFUSAL}\\) \\[(?<path>\\/[^\\]]+)\\]`),
  form('java-access-denied', `\\bAccessDeniedException: (?<path>\\/[^\\s:]+)`),
  form('java', `${PATH} \\(${REFUSAL}\\)`),
  form('tar-mkdir', `\\btar: (?<path>[^\\s:]+): cannot mkdir: ${REFUSAL}`, { directory: true }),
  form('tar', `\\btar: (?<path>[^\\s:]+): cannot [^:]{1,40}: ${REFUSAL}`),
  form('coreutils-rename', `\\bcannot move '(?<path>[^']+)' to '(?<to>[^']+)': ${REFUSAL}`),
  form('quoted-directory', `\\bdirectory '(?<path>[^']+)'[^':]{0,20}: ${REFUSAL}`, { directory: true }),
  form('quoted', `(?<=[\\s(])'(?<path>[^']+)'[^':]{0,20}: ${REFUSAL}`),
  form('double-quoted-directory', `\\bdirectory "(?<path>[^"]+)"[^":]{0,20}: ${REFUSAL}`, { directory: true }),
  form('double-quoted', `(?<=[\\s(])"(?<path>[^"]+)"[^":]{0,20}: ${REFUSAL}`),
  form('shell', `\\bsh: (?:line )?(?:\\d{1,6}: )?(?:(?:cannot|can't) create )?(?<path>[^\\s:']+): ${REFUSAL}`),
  form('shell-script', `: line \\d{1,6}: (?<path>[^\\s:']+): ${REFUSAL}`),
  form('plain-directory', `\\bdirectory ${PATH}: ${REFUSAL}`, { directory: true }),
  form('plain', `${PATH}: ${REFUSAL}`),
  form('not-writable', `${PATH} is not write?able\\b`, { directory: true }),
];

/** A cheap look that most lines fail: only lines with one of these words are matched against the table. */
export const MAYBE_REFUSED =
  /read-only file ?system|permission denied|operation not permitted|erofs|eacces|eperm|accessdenied|is denied|not write?able|errno|errcode/i;
