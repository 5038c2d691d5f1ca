/** Takes log lines out of what `kubectl logs`, a node or Docker puts around them, and sorts them by container. */

/** What one container of one pod has logged. */
export interface ContainerLog {
  /** undefined: the lines do not say it. */
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly text: string;
}

/** Containers of one input: more is no pod's log. */
const MAX_LOGS = 1000;
/** Characters of a line that was written in parts (16 KiB each on a node); the rest is dropped. */
const MAX_JOINED = 65_536;

const TIME = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?(?:Z|[+-]\\d\\d:\\d\\d)';
/** `[pod/web-1/nginx] …` of `kubectl logs --prefix`. */
const PREFIX = /^\[pod\/(?<pod>[a-z0-9.-]{1,253})\/(?<container>[a-z0-9-]{1,63})\] ?/u;
/** `2026-11-23T09:00:00.123456789Z stdout F …`: the kubelet's files; `P` is a part of a longer line. */
const CRI = new RegExp(`^${TIME} (?<stream>stdout|stderr) (?<tag>[FP])(?::[FP])* `, 'u');
/** `kubectl logs --timestamps`. */
const TIMESTAMP = new RegExp(`^${TIME} `, 'u');

interface Collected {
  readonly pod: string | undefined;
  readonly container: string | undefined;
  readonly lines: string[];
  /** The beginning of a line whose end has not come yet, by stream. */
  readonly parts: Map<string, string>;
}

/** The logs in a text, by pod and container, in the order of their first lines. Never throws; plain lines stay as they are. */
export function splitLog(text: string): ContainerLog[] {
  const logs = new Map<string, Collected>();
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const raw of lines) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const prefix = PREFIX.exec(line);
    const { pod, container } = prefix?.groups ?? {};
    const key = `${pod ?? ''}/${container ?? ''}`;
    let log = logs.get(key);
    if (log === undefined) {
      if (logs.size >= MAX_LOGS) continue;
      log = { pod, container, lines: [], parts: new Map() };
      logs.set(key, log);
    }
    add(log, unwrap(line.slice(prefix?.[0].length ?? 0)));
  }
  return [...logs.values()].map(({ pod, container, lines: own, parts }) => ({
    pod,
    container,
    text: [...own, ...parts.values()].map((line) => `${line}\n`).join(''),
  }));
}

interface Unwrapped {
  readonly stream: string;
  readonly text: string;
  /** The line goes on in the next one of its stream. */
  readonly partial: boolean;
}

function unwrap(line: string): Unwrapped {
  const cri = CRI.exec(line);
  if (cri) {
    return { stream: cri.groups!.stream!, text: line.slice(cri[0].length), partial: cri.groups!.tag === 'P' };
  }
  if (line.startsWith('{"log":')) {
    const docker = dockerLine(line);
    if (docker) return docker;
  }
  return { stream: '', text: line.replace(TIMESTAMP, ''), partial: false };
}

/** A line of Docker's json-file driver; undefined: it is an application's own JSON. */
function dockerLine(line: string): Unwrapped | undefined {
  try {
    const { log, stream, time }: { log?: unknown; stream?: unknown; time?: unknown } = JSON.parse(line);
    if (typeof log !== 'string' || typeof stream !== 'string' || typeof time !== 'string') return undefined;
    return { stream, text: log.replace(/\r?\n$/, ''), partial: !log.endsWith('\n') };
  } catch {
    return undefined;
  }
}

function add(log: Collected, { stream, text, partial }: Unwrapped): void {
  const whole = `${log.parts.get(stream) ?? ''}${text}`.slice(0, MAX_JOINED);
  if (partial) {
    log.parts.set(stream, whole);
  } else {
    log.parts.delete(stream);
    log.lines.push(whole);
  }
}
