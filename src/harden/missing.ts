/** What a workload looked for and did not find here: other services, which a sandbox of one workload does not have. */
import type { Observation } from '../observe/observe.ts';

/** Lines of a log that are looked at, from its end: the reason for giving up stands there. */
const MAX_LINES = 400;
const MAX_LINE = 1024;
const MAX_MISSING = 5;

/** How programs say that a host has no address, or that nobody answers there. */
const UNREACHED =
  /bad address|name or service not known|name does not resolve|nodename nor servname|name resolution|no such host|unknown ?host|unknown (?:mysql|mariadb) server host|host not found in upstream|could ?n[o']t (?:resolve|translate|connect|be resolved)|could not (?:resolve|translate|connect)|cannot (?:resolve|connect)|can(?:'|no)t (?:resolve|connect)|failed to (?:resolve|connect)|unable to (?:resolve|connect)|getaddrinfo|EAI_AGAIN|ENOTFOUND|nxdomain|E(?:CONNREFUSED|TIMEDOUT|HOSTUNREACH|NETUNREACH)|econnrefused|connection refused|connection to \S+ refused|connection timed out|network is unreachable|no route to host|server misbehaving|communications link failure|i\/o timeout/i;

/** A host as programs write it: a name or an address, with its port where it is told. */
const HOST = String.raw`(?<host>\[[0-9a-f:]+\](?::\d{1,5})?|::1(?::\d{1,5})?|[\w.-]*\w(?::\d{1,5})?)`;
/** Where it stands in such a line; the first that fits. */
const PLACES: readonly RegExp[] = [
  `lookup ${HOST}(?: on \\S+)?: `,
  `dial (?:tcp|udp)[46]? ${HOST}: `,
  `(?:EAI_AGAIN|ENOTFOUND|E(?:CONNREFUSED|TIMEDOUT|HOSTUNREACH|NETUNREACH)) ${HOST}`,
  `getaddrinfo (?:for )?${HOST} failed`,
  `UnknownHostException: ${HOST}`,
  `unknown (?:mysql|mariadb) server host ['"]${HOST}`,
  `(?:bad address|host name|hostname|upstream|server at|host|server on|server) ["']${HOST}["']`,
  `resolve (?:host(?:name)?|address|server|proxy|name)?:? ?["']?${HOST}`,
  `connect(?:ing|ion)? (?:to |on )(?:(?:the )?(?:server|database|host|\\w+ server)(?: at| on)? )?(?:\\w+ at )?(?:\\w+://)?(?:[^\\s@/]+@)?["']?${HOST}`,
  `connect to (?:\\w+ )?(?:server )?(?:on|at) ["']?${HOST}`,
  `(?:not known|not resolve|no such host|refused|unreachable|to host|timed out|nxdomain)[:.]? \\(?/?${HOST}\\)?$`,
].map((place) => new RegExp(place, 'i'));

/** What looks like a host in such a line and is none. */
const NO_HOST = /^(?:the|a|an|to|server|host|database|local|refused|failed|is|socket|through|mysql|after)$/i;
/** The pod itself: what does not answer there is the workload's own fault. */
const ITSELF = /\blocalhost\b|\b127\.\d+\.\d+\.\d+\b|::1\b|\bunix domain socket\b|\bthrough socket\b|\.sock\b|\bunix:/i;

/** Each one sentence; empty: nothing in the logs says that anything outside was missing. */
export function missingNeighbours({ containers }: Pick<Observation, 'containers'>): readonly string[] {
  const missing = new Set<string>();
  for (const { name, logs } of containers) {
    for (const line of logs.split('\n').slice(-MAX_LINES).reverse()) {
      const sentence = sentenceFor(name, line.slice(0, MAX_LINE).trim());
      if (sentence !== undefined) missing.add(sentence);
      if (missing.size >= MAX_MISSING) return [...missing];
    }
  }
  return [...missing];
}

function sentenceFor(container: string, line: string): string | undefined {
  if (!UNREACHED.test(line) || ITSELF.test(line)) return undefined;
  return `${container} looked for ${hostIn(line) ?? 'something outside of the pod'}, which is not here: ${line}`;
}

function hostIn(line: string): string | undefined {
  for (const place of PLACES) {
    const host = place.exec(line)?.groups?.host;
    if (host !== undefined && !NO_HOST.test(host)) return host;
  }
  return undefined;
}
