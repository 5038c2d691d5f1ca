/** Where an engine listens: DOCKER_HOST and its TLS settings, read into what node:http needs. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';

export interface Address {
  /** As a person would write it: `unix:///run/podman/podman.sock`, `tcp://build:2376`. */
  readonly text: string;
  readonly secure: boolean;
  /** Passed to node's `request` as it is. */
  readonly connection:
    | { readonly socketPath: string }
    | {
        readonly host: string;
        readonly port: number;
        readonly ca?: Buffer;
        readonly cert?: Buffer;
        readonly key?: Buffer;
        readonly rejectUnauthorized?: boolean;
      };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Docker's own port numbers, used where the address names none. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

export function unixAddress(socketPath: string): Address {
  return { text: `unix://${socketPath}`, secure: false, connection: { socketPath } };
}

/**
 * Reads an address as DOCKER_HOST carries it: `unix://…`, `tcp://host:port`, `http://…`, `https://…`.
 * Throws Failure('no-engine') for anything else, `ssh://` among it.
 */
export function addressOf(text: string, env: Environment): Address {
  if (text.startsWith('unix://')) return unixAddress(text.slice('unix://'.length));
  if (text.startsWith('/')) return unixAddress(text);
  if (text.startsWith('ssh://')) {
    throw new Failure('no-engine', `DOCKER_HOST=${text} needs an SSH client, which Petrify does not bring.`, {
      hint: 'Forward the socket (`ssh -L /tmp/engine.sock:/run/podman/podman.sock HOST`) and set DOCKER_HOST=unix:///tmp/engine.sock.',
    });
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') {
    throw new Failure('no-engine', `DOCKER_HOST=${text} is not an address of a container engine.`, {
      hint: 'Use unix:///path/to/socket or tcp://host:port.',
    });
  }
  const secure = url.protocol === 'https:' || (env.DOCKER_TLS_VERIFY ?? '') !== '' || env.DOCKER_TLS === '1';
  const port = url.port === '' ? (secure ? TLS_PORT : PLAIN_PORT) : Number(url.port);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { text, secure, connection: { host, port, ...(secure ? certificates(env) : {}) } };
}

function certificates(env: Environment): { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized: boolean } {
  const folder = env.DOCKER_CERT_PATH ?? join(homedir(), '.docker');
  const read = (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name)) : undefined);
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')];
  return {
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    rejectUnauthorized: (env.DOCKER_TLS_VERIFY ?? '') !== '',
  };
}
