/** What a workload looked for and did not find here: other services, which a sandbox of one workload does not have. */
import type { Observation } from '../observe/observe.ts';

/** Lines of a log that are looked at, from its end: the reason for giving up stands there. */
const MAX_LINES = 400;
const MAX_LINE = 1024;
const MAX_MISSING = 5;

/** How programs say that a host has no address, or that nobody answers there. The group is the host, with its port where it is told. */
const FORMS: readonly RegExp[] = [
  /could not translate host name "([^"]+)"/i,
  /(?:getaddrinfo|EAI_AGAIN|ENOTFOUND)\s+(?:(?:EAI_AGAIN|ENOTFOUND)\s+)?([\w.-]+(?::\d+)?)/,
  /(?:UnknownHostException|no such host|Name or service not known|nodename nor servname provided|Temporary failure in name resolution)[^\w]*([\w.-]+\.[\w.-]+|[a-z][\w-]*)?/i,
  /lookup ([\w.-]+)[^:]*: (?:no such host|server misbehaving|i\/o timeout)/i,
  /host not found in upstream "([^"]+)"/i,
  /Unknown (?:MySQL|MariaDB) server host '([^']+)'/i,
  /(?:ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)\s+([\w.:[\]-]+)/,
  /(?:connection refused|connection timed out|network is unreachable|no route to host|connect: [a-z ]+refused)[^\w]*(?:to )?([\w.-]+:\d+)?/i,
  /can(?:'|no)t connect to (?:\w+ )?(?:server )?(?:on |at )?'?([\w.:-]+)/i,
  /could not connect to (?:server|host|database)?:?\s*'?([\w.:/-]+)?/i,
];

/** Each one sentence; empty: nothing in the logs says that anything outside was missing. */
export function missingNeighbours({ containers }: Pick<Observation, 'containers'>): readonly string[] {
  const missing = new Set<string>();
  for (const { name, logs } of containers) {
    for (const line of logs.split('\n').slice(-MAX_LINES).reverse()) {
      const sentence = sentenceFor(name, line.slice(0, MAX_LINE));
      if (sentence !== undefined) missing.add(sentence);
      if (missing.size >= MAX_MISSING) return [...missing];
    }
  }
  return [...missing];
}

function sentenceFor(container: string, line: string): string | undefined {
  for (const form of FORMS) {
    const match = form.exec(line);
    if (match === null) continue;
    const target = match[1];
    if (target !== undefined && /^(?:localhost|127\.|\[?::1)/.test(target)) return undefined;
    const what = target === undefined || target === '' ? 'something outside of the pod' : target;
    return `${container} looked for ${what}, which is not here: ${line.trim()}`;
  }
  return undefined;
}
