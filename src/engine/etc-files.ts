/** Files that the kubelet makes for a container itself: /etc/hosts and the termination log. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listOf, objectOr, textOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { Bind, IdRange } from './engine.ts';
import { giveToPod } from './user-namespace.ts';

/** What the kubelet writes; `address` is unknown until the pod has its network. */
export function hostsText(
  address: string | undefined,
  hostname: string,
  podSpec: Readonly<Record<string, unknown>>,
  services: readonly string[] = [],
): string {
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
  ];
  if (address !== undefined) lines.push(`${address}\t${hostname}`);
  // A cluster's resolver answers these; the sandbox has none that the pod may ask.
  if (address !== undefined && services.length > 0) lines.push(`${address}\t${services.join('\t')}`);
  const aliases = listOf(podSpec.hostAliases).flatMap((written) => {
    const alias = objectOr(written);
    const names = listOf(alias.hostnames).filter((name) => typeof name === 'string');
    const ip = textOf(alias.ip);
    return ip === undefined ? [] : [`${ip}\t${names.join('\t')}`];
  });
  if (aliases.length > 0) lines.push('', '# Entries added by HostAliases.', ...aliases);
  return `${lines.join('\n')}\n`;
}

export interface EtcFiles {
  readonly binds: readonly Bind[];
  /** Call it once the pod's address is known. Writes into the same inode: the bind shows it. */
  writeHosts(text: string): Promise<void>;
}

/** Makes the files below `directory`. Root can write the hosts file, everyone the termination log, as in Kubernetes. */
export async function makeEtcFiles(
  directory: string,
  container: Container,
  ids: IdRange | undefined,
): Promise<EtcFiles> {
  await mkdir(directory, { recursive: true });
  const hosts = join(directory, 'hosts');
  const termination = join(directory, 'termination-log');
  await writeFile(hosts, '');
  await chmod(hosts, 0o644);
  await writeFile(termination, '');
  await chmod(termination, 0o666);
  await giveToPod(directory, ids);
  const taken = new Set(container.mounts.map(({ mountPath }) => mountPath));
  const binds = [
    { source: hosts, target: '/etc/hosts', readOnly: false },
    {
      source: termination,
      target: textOf(container.spec.terminationMessagePath) ?? '/dev/termination-log',
      readOnly: false,
    },
  ];
  return {
    binds: binds.filter(({ target }) => !taken.has(target)),
    writeHosts: (text) => writeFile(hosts, text),
  };
}
