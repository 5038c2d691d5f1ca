/** The servers of the measure: each a folder here with its Dockerfile, its unhardened manifest, and its client. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OwnImage } from '../../setup/images.ts';
import type { Client } from './client.ts';

/** What the measure counts. */
export const TWELVE = [
  'nginx',
  'httpd',
  'redis',
  'memcached',
  'postgresql',
  'mariadb',
  'haproxy',
  'rabbitmq',
  'tomcat',
  'php-fpm',
  'varnish',
  'gunicorn',
] as const;

/** Other software, judged the same way: what was built for the twelve must hold for what nobody looked at. */
export const MORE: readonly string[] = ['mosquitto', 'bind9', 'lighttpd', 'squid', 'nodejs'];

export interface Server {
  readonly name: string;
  readonly image: OwnImage;
  /** Path of the manifest as its author wrote it. */
  readonly manifest: string;
  readonly text: string;
  readonly client: Client;
}

/** Throws for a name that is in neither list. */
export async function serverNamed(name: string): Promise<Server> {
  const place = [...TWELVE, ...MORE].includes(name) ? (MORE.includes(name) ? `more/${name}` : name) : undefined;
  if (place === undefined) throw new Error(`There is no server ${name}; there are ${[...TWELVE, ...MORE].join(', ')}.`);
  const manifest = fileURLToPath(new URL(`./${place}/manifest.yaml`, import.meta.url));
  const { default: client } = (await import(`./${place}/client.ts`)) as { default: Client };
  const image = { name: `localhost/petrify/bench-${name}`, tag: '1', folder: `bench/servers/${place}` };
  return { name, image, manifest, text: readFileSync(manifest, 'utf8'), client };
}
