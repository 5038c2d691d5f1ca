/** Which ports a container's network really listens on, whatever its manifest and image declare. */
import { readFile } from 'node:fs/promises';

/** State of a listening socket in /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A';
/** State of a UDP socket without a peer in /proc/net/udp: servers have such ones, and clients that wait for an answer. */
const UNCONNECTED = '07';
/** Clients send from ports above: a resolver from another one with each question. */
const FIRST_CLIENT_PORT = 1024;
/** The kernel's tables of sockets, in a process's own network. */
export const TABLES = ['tcp', 'tcp6', 'udp', 'udp6'] as const;
/** Lines that are looked at; a server with more open connections listens on the same few ports. */
const MAX_LINES = 20_000;

/**
 * The ports in rows of /proc/net/{tcp,tcp6,udp,udp6}, ascending: TCP ones that listen, UDP ones below 1024 (no other can be
 * told from a client's). Loopback ones count: binding them needs the same right.
 */
export function listeningPorts(table: string): number[] {
  const ports = new Set<number>();
  for (const line of table.split('\n').slice(1, MAX_LINES)) {
    const [, local, , state] = line.trim().split(/\s+/);
    const port = Number.parseInt(local?.split(':').at(-1) ?? '', 16);
    const listens = state === LISTEN || (state === UNCONNECTED && port < FIRST_CLIENT_PORT);
    if (listens && port > 0 && port < 65536) ports.add(port);
  }
  return [...ports].sort((a, b) => a - b);
}

/** The ports seen from a process of this host; none when it has ended. */
export async function portsOfProcess(pid: number): Promise<number[]> {
  if (pid === 0) return [];
  const read = (name: string) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => '');
  const tables = await Promise.all(TABLES.map(read));
  return [...new Set(tables.flatMap(listeningPorts))].sort((a, b) => a - b);
}
