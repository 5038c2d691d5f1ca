/** Finds a container engine for the checkout, or installs Podman and starts its API service on a private socket. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine } from '../src/engine/connect.ts';
import type { Engine } from '../src/engine/engine.ts';
import { Failure } from '../src/failure.ts';
import { confirm, run, say } from './terminal.ts';

const PRIVATE_DIRECTORY = '/run/petrify';
const PRIVATE_SOCKET = `${PRIVATE_DIRECTORY}/podman.sock`;
/** The service ends by itself after so long without a request: nothing stays behind for ever. */
const IDLE_SECONDS = 900;
const START_TIMEOUT_MS = 15_000;
const START_POLL_MS = 100;

const PACKAGES = ['podman', 'runc', 'conmon', 'netavark', 'aardvark-dns', 'catatonit', 'iptables'];
/** Where distributions put it. */
const NETAVARK = ['/usr/lib/podman/netavark', '/usr/libexec/podman/netavark'];
const INSTALL = `apt-get update && apt-get install --yes --no-install-recommends ${PACKAGES.join(' ')}`;

/**
 * Works where Podman's own defaults do not: no CAP_SYS_RESOURCE (limits cannot be raised), hybrid cgroups (crun refuses
 * them, runc does not), no systemd (no journal, no systemd cgroups).
 */
function containersConf(): string {
  const runtime = hasProgram('runc') ? 'runtime = "runc"\n' : '';
  // Left to itself, Podman takes CNI wherever images are there already, plugins or not.
  const network = NETAVARK.some((path) => existsSync(path)) ? '[network]\nnetwork_backend = "netavark"\n' : '';
  return `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
${runtime}cgroup_manager = "cgroupfs"
events_logger = "file"
${network}`;
}

export interface EngineSetUp {
  readonly engine: Engine | undefined;
  /** What a child process needs in its environment to find the same engine. */
  readonly env: Readonly<Record<string, string>>;
}

/** True on Debian, Ubuntu and what calls itself like them. */
export function isDebianLike(): boolean {
  if (!existsSync('/etc/os-release')) return false;
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function answering(env: NodeJS.ProcessEnv): Promise<Engine | undefined> {
  try {
    return await connectEngine('auto', env);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

async function installPodman(): Promise<boolean> {
  say('Set-up: no container engine answers. Podman from the distribution can be installed with');
  say(`  ${INSTALL}`);
  if (!(await confirm('Install it now?'))) return false;
  run('sh', ['-c', INSTALL], { env: { DEBIAN_FRONTEND: 'noninteractive' } });
  return true;
}

async function startService(): Promise<Engine | undefined> {
  mkdirSync(PRIVATE_DIRECTORY, { recursive: true, mode: 0o700 });
  const configuration = `${PRIVATE_DIRECTORY}/containers.conf`;
  writeFileSync(configuration, containersConf());
  rmSync(PRIVATE_SOCKET, { force: true });
  const log = openSync(`${PRIVATE_DIRECTORY}/podman.log`, 'a', 0o600);
  const service = spawn('podman', ['system', 'service', `--time=${IDLE_SECONDS}`, `unix://${PRIVATE_SOCKET}`], {
    detached: true,
    // It outlives this checkout, whose folder may be gone by then: Podman fails without a working directory.
    cwd: '/',
    stdio: ['ignore', log, log],
    env: { ...process.env, CONTAINERS_CONF: configuration },
  });
  service.unref();
  closeSync(log);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const engine = await answering({ DOCKER_HOST: `unix://${PRIVATE_SOCKET}` });
    if (engine) return engine;
    await sleep(START_POLL_MS);
  }
  say(`Set-up: Podman's API service did not answer; its log is ${PRIVATE_DIRECTORY}/podman.log.`);
  return undefined;
}

/**
 * An engine that already answers is used as it is. Otherwise, for root on Debian or Ubuntu, Podman's service is started;
 * with `install`, Podman is installed first where it is missing. Elsewhere the one command to run is printed.
 */
export async function ensureEngine({ install }: { install: boolean }): Promise<EngineSetUp> {
  const found = await answering(process.env);
  if (found) return { engine: found, env: {} };
  if (process.env.DOCKER_HOST) {
    if (install)
      say(`Set-up: DOCKER_HOST is set, but no engine answers at ${process.env.DOCKER_HOST}; going on without one.`);
    return { engine: undefined, env: {} };
  }
  const env = { DOCKER_HOST: `unix://${PRIVATE_SOCKET}` };
  const earlier = await answering(env);
  if (earlier) return { engine: earlier, env };
  if (isRoot() && isDebianLike()) {
    if (hasProgram('podman') || (install && (await installPodman()))) {
      if (install)
        say(
          `Set-up: starting Podman's API service on ${PRIVATE_SOCKET} (it ends after ${IDLE_SECONDS / 60} idle minutes).`,
        );
      const engine = await startService();
      return engine ? { engine, env } : { engine: undefined, env: {} };
    }
  } else if (install) {
    say('Set-up: no container engine answers. Start Docker or Podman, or as root on Debian or Ubuntu run');
    say(`  ${INSTALL}`);
  }
  return { engine: undefined, env: {} };
}
