/** Which proxy leads to the API server when the kubeconfig names none: the environment's, as for kubectl. */
import { BlockList, isIP } from 'node:net';
import { textOf } from '../workload/value.ts';

/** undefined: none. This machine itself is never asked through a proxy. */
export function proxyFor(server: URL, env: NodeJS.ProcessEnv): string | undefined {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.startsWith('127.') || host === '::1') return undefined;
  const proxy =
    server.protocol === 'https:' ? (env.HTTPS_PROXY ?? env.https_proxy) : (env.HTTP_PROXY ?? env.http_proxy);
  if (textOf(proxy) === undefined) return undefined;
  const exceptions = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').map((entry) => entry.trim().toLowerCase());
  if (exceptions.some((entry) => covers(entry, host))) return undefined;
  return proxy!.includes('://') ? proxy : `http://${proxy}`;
}

/** `*`, a name with everything below it, an address, or a range of addresses. */
function covers(entry: string, host: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const family = isIP(host);
  if (family === 0) {
    const name = entry.replace(/^\*?\./, '');
    return host === name || host.endsWith(`.${name}`);
  }
  const [address = '', prefix] = entry.split('/');
  if (isIP(address) !== family) return false;
  if (prefix === undefined) return address === host;
  const bits = Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const range = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  range.addSubnet(address, bits, type);
  return range.check(host, type);
}
