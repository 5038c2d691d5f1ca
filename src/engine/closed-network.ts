/** Closes the one way that an internal network leaves open: from a pod to what its host serves on all addresses. */
import { spawn } from 'node:child_process';

/** Loading the kernel's modules for the first rule takes a moment; a rule itself takes milliseconds. */
const RULES_TIMEOUT_MS = 10_000;

/** Answers to requests of this host go to its own ephemeral ports (net.ipv4.ip_local_port_range), services are below. */
const FIRST_EPHEMERAL_PORT = 32768;

/**
 * In the pod's own network namespace, with which they vanish; no container that has no NET_ADMIN can take them away. They
 * keep no state: the engine's tables of connections are the whole host's. What answers this host goes through.
 */
export function rulesFor(version: 4 | 6): string {
  const icmp = version === 4 ? 'icmp' : 'ipv6-icmp';
  return [
    '*filter',
    '-A OUTPUT -o lo -j ACCEPT',
    '-A OUTPUT -p tcp ! --syn -j ACCEPT',
    '-A OUTPUT -p tcp -j REJECT --reject-with tcp-reset',
    `-A OUTPUT -p udp --dport ${FIRST_EPHEMERAL_PORT}:65535 -j ACCEPT`,
    `-A OUTPUT -p ${icmp} -j ACCEPT`,
    '-A OUTPUT -j REJECT',
    'COMMIT',
    '',
  ].join('\n');
}

/** What is said where it could not be closed. */
export const OPEN_NETWORK =
  'The pod can reach services of the machine that runs it which listen on all addresses, and its resolver of names: there is no nsenter with iptables here to close that.';

/** `pid`: a process in the pod's network, on this machine. false: it is as open as before. */
export async function closeNetwork(pid: number): Promise<boolean> {
  if (pid <= 0) return false;
  const closed = await Promise.all([
    restore('iptables-restore', pid, rulesFor(4)),
    restore('ip6tables-restore', pid, rulesFor(6)),
  ]);
  return closed.every(Boolean);
}

function restore(program: string, pid: number, rules: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('nsenter', [`--net=/proc/${pid}/ns/net`, program, '--wait', '5'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: RULES_TIMEOUT_MS,
    });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0));
    child.stdin.on('error', () => {});
    child.stdin.end(rules);
  });
}
