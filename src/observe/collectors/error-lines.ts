/** Finds the lines of a log that report an error, in a form in which two runs of the same program say the same. */
import { withoutColours } from './colours.ts';

/** Characters of a line that are looked at. */
const MAX_LINE = 2048;
/** Different errors of one log; a program that has more is not compared by them. */
const MAX_ERRORS = 5000;
/** New errors that are reported: the first ones say what is wrong. */
const MAX_NEW = 100;

/** Levels as loggers write them. */
const ERROR_LEVEL = 'emerg|emergency|alert|crit|critical|err|error|eror|fatal|ftl|panic|dpanic|severe|fail';
const OTHER_LEVEL =
  'warn|warning|wrn|notice|note|info|information|inf|debug|dbg|dbug|trace|trce|verbose|config|fine|finer|finest|system|log|hint|detail|statement|context|deprecated|strict standards';
const LEVEL = `(?<level>${ERROR_LEVEL}|${OTHER_LEVEL})`;

/** Where a line states its level. The leftmost of them in a line counts. */
const LEVELS: readonly RegExp[] = [
  // [error], [core:error], [pid 7:error], <Error>, |ERROR|
  new RegExp(`[[<|(](?:[\\w.-]{1,40}:)?${LEVEL}[\\]>|):]`, 'iu'),
  // level=error, "level":"error", severity: ERROR
  new RegExp(`\\b(?:level|lvl|severity|loglevel|log\\.level)"?\\s?[=:]\\s?"?${LEVEL}\\b`, 'iu'),
  // ERROR, SEVERE, WARN as a word of its own in capitals; PostgreSQL's `FATAL:  `, Python's `ERROR:root:`
  new RegExp(`(?<=^|[\\s-])${LEVEL.toUpperCase().replace('?<LEVEL>', '?<level>')}(?=$|[\\s:!,\\]-])`, 'u'),
  // error: …, warning: … at the beginning of a line or of a program's message; .NET's `fail: `
  new RegExp(
    `^(?:[A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d )?(?:[\\w./-]{1,80}(?:\\([\\w.@-]{0,80}\\))?(?:<[\\w+/-]{0,80}>){0,2}: )?(?:npm |PHP |\\w{1,20}\\.\\w{1,20}: )?${LEVEL}(?: error)?(?:\\[\\w{1,20}\\])?[:!] `,
    'iu',
  ),
  // npm error …
  new RegExp(`^npm ${LEVEL}\\b`, 'iu'),
];
/** Levels in letters or numbers: klog's `E0102 10:00:00`, MongoDB's `"s":"E"`, pino's and bunyan's `"level":50`. */
const KLOG = /^(?<level>[EFWIDV])\d{4} \d\d:\d\d:\d\d/u;
const MONGO = /"s":"(?<level>[EFWID]\d?)"/u;
const NUMBER = /"level":(?<level>\d{2})\b/u;
const NUMBER_OF_ERROR = 50;

/** What only sounds like an error. Taken out before words are looked for. */
const HARMLESS: readonly RegExp[] = [
  /\b(?:0|no|zero|without(?: any)?) (?:\w{1,20} )?(?:errors?|failures?|exceptions?)\b/gi,
  /\b(?:errors?|failures?|failed|exceptions?)"?\s?[=:]\s?"?(?:0|false|none|null|nil)\b/gi,
  /\b0 failed\b/gi,
  /\berrors?[ _-]?(?:logs?|pages?|documents?|reporting|handlers?|handling|levels?|rates?|file|path|output)\b/gi,
  /\b(?:on|ignore|max|display|log|exit)[_-](?:errors?|failures?|fail|panic)\b/gi,
  /\bfail[_-]?(?:over|fast|safe|timeout)\b/gi,
  /\/[^\s"'=]*(?:error|fail)[^\s"']*/gi,
  /--[\w-]*(?:error|fail)[\w-]*/gi,
  /\blevel[:=]? (?:to )?"?(?:error|fatal|critical)\b/gi,
];
/** What passes by itself (somebody asked too early), or what the program has an answer for. */
const MOMENTARY =
  /\b(?:is|are) (?:still )?(?:starting up|shutting down|not (?:yet )?(?:ready|accepting connections))\b|\bnot yet accepting\b|\bfall(?:ing|s)? back to\b|\b(?:re)?trying again\b|\bwill (?:be )?retr(?:y|ied)\b/i;

/** What its peers did: whoever asks from outside ends connections as it likes. */
const BY_PEERS = /\b(?:connection reset by peer|broken pipe|ECONNRESET|EPIPE)\b/i;

/** A program's word on how much it logs is no level of the line. */
const ABOUT_LEVELS =
  /\b(?:log|logging|default|minimum) level:? (?:is |(?:set )?to )?"?\w{1,20}|\b(?:error|fatal) level\b/gi;

/** Words that report an error where the line states no level. */
const WORDS =
  /\bpanic(?:ked)?\b|\bfatal\b|^traceback\b|\bsegfault\b|\bsegmentation fault\b|\bcore dumped\b|\baborted\b|\bassert(?:ion)? (?:error|fail)|\b(?:uncaught|unhandled)\b|\berrors?\b|[a-z](?:Error|Exception)\b|\bexception\b|\b(?:cannot|can't|can not|could ?n[o']t|couldn't|unable to|failed|failure)\b|\b(?:connection|access|permission) (?:refused|denied)\b|\boperation not permitted\b|\bread-only file ?system\b|\bE(?:ROFS|ACCES|PERM|NOENT|ADDRINUSE|CONNREFUSED)\b|\bout of memory\b|\bno space left\b|\babort(?:ing)?\b|\bcrash(?:ed)?\b/i;
/** Lines of a stack, and requests with their answers: neither is the report. */
const NEVER =
  /^\s+at |^\s*\.{3} \d+ more$|^goroutine \d|"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH) \S+ HTTP\/\d(?:\.\d)?" \d{3}\b/;

/** The errors that a log reports, normalised, each once, in the order of the log; at most 5000. */
export function errorLines(log: string): string[] {
  return [...collect(log).keys()];
}

/** The errors of one run that another one did not report: the first line of each as it was written; at most 100. */
export function newErrors(before: string, after: string): string[] {
  const known = collect(before);
  return [...collect(after)]
    .filter(([normal]) => !known.has(normal))
    .slice(0, MAX_NEW)
    .map(([, original]) => original);
}

/** Original lines by their normal form. */
function collect(log: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const raw of log.split('\n')) {
    if (found.size >= MAX_ERRORS) break;
    const line = withoutColours(raw.slice(0, MAX_LINE)).trimEnd();
    if (!isError(line)) continue;
    const normal = normalise(line);
    if (!found.has(normal)) found.set(normal, line.replace(/\p{Cc}/gu, ' ').trim());
  }
  return found;
}

/** A level decides where the line states one; else its words do. */
function isError(line: string): boolean {
  if (line === '' || NEVER.test(line) || MOMENTARY.test(line) || BY_PEERS.test(line)) return false;
  const report = line.replace(ABOUT_LEVELS, ' ');
  return levelOf(report) ?? saysError(report);
}

/** Whether the level that a line states is one of an error; undefined: it states none. */
function levelOf(line: string): boolean | undefined {
  const letter = (KLOG.exec(line) ?? MONGO.exec(line))?.groups?.level;
  if (letter !== undefined) return /^[EF]/.test(letter);
  const number = NUMBER.exec(line)?.groups?.level;
  if (number !== undefined) return Number(number) >= NUMBER_OF_ERROR;
  let first: { index: number; level: string } | undefined;
  for (const pattern of LEVELS) {
    const match = pattern.exec(line);
    const level = match?.groups?.level;
    if (match === null || level === undefined) continue;
    if (first === undefined || match.index < first.index) first = { index: match.index, level };
  }
  return first === undefined ? undefined : IS_ERROR_LEVEL.test(first.level);
}

const IS_ERROR_LEVEL = new RegExp(`^(?:${ERROR_LEVEL})$`, 'i');

function saysError(line: string): boolean {
  return WORDS.test(HARMLESS.reduce((text, phrase) => text.replace(phrase, ' '), line));
}

const MONTH = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const CLOCK = '\\d{1,2}:\\d\\d:\\d\\d(?:[.,:]\\d{1,9})?';
const ZONE = '(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}T|[+-]\\d\\d:?\\d\\d)\\b)?';

/** What differs from run to run, in the order of taking out; each pattern is linear. */
const VARIABLE: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/giu, '<uuid>'],
  // Times: ISO and its relatives, of access logs, of ctime, of syslog, of Redis, of klog, alone, in seconds since 1970.
  [new RegExp(`\\b\\d{4}[-/.]\\d\\d[-/.]\\d\\d[T_ -]{1,2}${CLOCK}${ZONE}`, 'gu'), '<time>'],
  [new RegExp(`\\b\\d{1,2}/${MONTH}/\\d{4}:${CLOCK}(?: [+-]\\d{4})?`, 'gu'), '<time>'],
  [new RegExp(`\\b${DAY},? ${MONTH} {1,2}\\d{1,2} ${CLOCK}(?: [A-Z]{3,4})? \\d{4}\\b`, 'gu'), '<time>'],
  [new RegExp(`\\b(?:${DAY},? )?\\d{1,2}[- ]${MONTH}[- ](?:\\d{4}[ T])?${CLOCK}${ZONE}`, 'gu'), '<time>'],
  [new RegExp(`\\b${MONTH} {1,2}\\d{1,2},? (?:\\d{4},? )?${CLOCK}(?: [AP]M)?${ZONE}`, 'gu'), '<time>'],
  [new RegExp(`^(?<letter>[EFWIDV])\\d{4} ${CLOCK} +\\d{1,7} `, 'gu'), '$<letter><time> '],
  [new RegExp(`\\b\\d{6,8} +${CLOCK}${ZONE}`, 'gu'), '<time>'],
  [new RegExp(`(?<![\\d.:])${CLOCK}${ZONE}(?![\\d:])`, 'gu'), '<time>'],
  [/\b\d{4}-\d\d-\d\d\b/gu, '<time>'],
  [/\b1[4-9]\d{8}(?:\d{3}|\d{6}|\d{9})?(?:\.\d{1,9})?\b/gu, '<time>'],
  [/(?<=[\s[(=:])\d{1,7}\.\d{3,9}(?=[\s\])])/gu, '<time>'],
  // Addresses and long identifiers.
  [/\b0x[0-9a-f]{1,16}\b/giu, '<hex>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,128}\b/giu, '<hex>'],
  [/(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)/gu, '<ip>'],
  [/\[[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\]/giu, '<ip>'],
  [/\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}\b/giu, '<ip>'],
  // Files made up for one run.
  [/(?<directory>\/(?:tmp|shm|temp)\/)(?=[\w.-]*(?:\d|[a-z][A-Z]))[\w.-]{6,255}/gu, '$<directory><tmp>'],
  [/\b(?<stem>sed|tmp|temp)(?=[A-Za-z_]{0,9}(?:\d|[a-z][A-Z]))[A-Za-z0-9_]{6,12}\b/gu, '$<stem><tmp>'],
  [/\.(?=[A-Za-z]{0,5}(?:\d|[a-z][A-Z]))[A-Za-z0-9]{6}(?=$|[\s"':,)\]])/gu, '.<tmp>'],
  // Names of pods, and the host in a line of syslog.
  [/\b[a-z0-9](?:[a-z0-9-]{0,50}[a-z0-9])?-[0-9a-f]{8,10}-[a-z0-9]{5}\b/gu, '<host>'],
  [/^(<time>) [\w.-]{1,253} (?=[\w./-]{1,64}\[\d)/gu, '$1 <host> '],
  [/\b(?<key>host|hostname|node|instance)(?<is>"?[=:]"?)[\w.-]{1,253}/giu, '$<key>$<is><host>'],
  // Processes and threads: 7#7, [7], pid 7, 7:M, *12, <0.1.0>, exec-3, pool-1-thread-2.
  [/\b\d{1,7}#\d{1,7}\b/gu, '<pid>'],
  [/\[\d{1,10}\]/gu, '[<pid>]'],
  [/^\d{1,7}:(?=[MCSX] )/gu, '<pid>:'],
  [/(?<=\s)\*\d{1,10}(?=\s)/gu, '*<n>'],
  [/<\d{1,6}\.\d{1,9}\.\d{1,6}>/gu, '<pid>'],
  [/(?<=\s)\(\d{1,7}\)(?= ?:)/gu, '(<pid>)'],
  [
    /\b(?<key>pid|tid|ppid|thread|process|worker|child|connection|conn|session|client|goroutine|attempt|retry|try|request|req_id|txn|ctx|line|offset|position)(?<is>"?[ =:#]{1,2}"?)\d{1,19}\b/giu,
    '$<key>$<is><n>',
  ],
  [/(?<=[a-z]-)\d{1,9}(?=[\]\s:,)]|-[a-z])/giu, '<n>'],
  // Durations, and numbers too large for a port that anyone has chosen, an exit code or an errno.
  [
    /\b\d{1,12}(?:\.\d{1,12})?\s?(?:ns|us|µs|μs|ms|s|secs?|seconds?|m|min|minutes?|h|hours?|milliseconds?)(?:\d{1,4}(?:\.\d{1,9})?(?:ms|s|m))*(?![\w])/gu,
    '<duration>',
  ],
  [/(?<![\d.])(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-9]\d{4}|\d{6,})(?!\d)/gu, '<n>'],
];

/** The line without what differs from run to run. */
function normalise(line: string): string {
  let text = line;
  for (const [pattern, placeholder] of VARIABLE) text = text.replace(pattern, placeholder);
  return text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
