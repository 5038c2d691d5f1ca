/** A certificate authority of the tests' own, with a server and a client that it signed. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Certificates {
  readonly authority: string;
  readonly server: { readonly cert: string; readonly key: string };
  readonly client: { readonly cert: string; readonly key: string };
  /** Ended a day ago. */
  readonly expired: { readonly cert: string; readonly key: string };
}

/** undefined: this machine has no openssl. */
export function makeCertificates(folder: string): Certificates | undefined {
  if (spawnSync('openssl', ['version']).status !== 0) return undefined;
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const done = spawnSync('openssl', args, { encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${done.stderr}`);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', at('ca.key'), '-out', at('ca.crt'), '-days', '1', '-subj', '/CN=test-ca');
  const signed = (name: string, extensions: string, days: string) => {
    openssl('req', ...key, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`);
    writeFileSync(at(`${name}.ext`), extensions);
    const authority = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'];
    const files = ['-in', at(`${name}.csr`), '-out', at(`${name}.crt`), '-extfile', at(`${name}.ext`)];
    openssl('x509', '-req', ...files, ...authority, '-days', days);
    return { cert: readFileSync(at(`${name}.crt`), 'utf8'), key: readFileSync(at(`${name}.key`), 'utf8') };
  };
  return {
    authority: readFileSync(at('ca.crt'), 'utf8'),
    server: signed('server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n', '1'),
    client: signed('jane', 'extendedKeyUsage=clientAuth\n', '1'),
    expired: signed('joan', 'extendedKeyUsage=clientAuth\n', '-1'),
  };
}
