#!/usr/bin/env node
/**
 * The first step of every `npm run` in a checkout: installs the locked dependencies once, then hands over to the
 * checkout's own Node. Plain JavaScript, because it runs on whatever Node the machine has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.petrify-set-up');
const [OLDEST_MAJOR, OLDEST_MINOR] = [24, 11];

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(line) {
  say(line);
  process.exit(2);
}

/** What the installed tree must match: the lockfile and the machine's kind of processor and system. */
function wanted() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform} ${process.arch}\n`;
}

function installDependencies() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()) return;
  say('Set-up: installing the locked JavaScript dependencies, Node.js among them, from the npm registry (once).');
  const npm = process.env.npm_execpath;
  const [command, ...first] = npm ? [process.execPath, npm] : ['npm'];
  const npmArguments = [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = spawnSync(command, npmArguments, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status !== 0) {
    fail(
      `${done.stdout ?? ''}${done.stderr ?? done.error}\nSet-up: npm ci failed. Mend what it says above, then run the same command again.`,
    );
  }
  writeFileSync(stamp, wanted());
}

/** The checkout's Node where the registry has one for this machine, else this one if it is new enough. */
function node() {
  const own = join(bin, 'node');
  if (existsSync(own)) return own;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_MAJOR || (major === OLDEST_MAJOR && minor >= OLDEST_MINOR)) return process.execPath;
  return fail(
    `Petrify needs Node.js ${OLDEST_MAJOR}.${OLDEST_MINOR} or newer; this is ${process.versions.node}, and there is no pinned one for ${process.platform} ${process.arch}. Install a newer Node.js and run the same command again.`,
  );
}

installDependencies();
const child = spawn(node(), [join(root, 'setup', 'command.ts'), ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}` },
});
// The terminal sends Ctrl-C to the whole group: the child cleans up and ends, and this process only waits for it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT') child.kill(signal);
  });
}
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0);
});
