/** What a container runs at its start, read from words and from shells, and what of it installs software. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { installs } from '../controls/installers.ts';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from './find.ts';
import { startCommands } from './start-commands.ts';

function commands(spec: object): ReturnType<typeof startCommands> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'c', ...spec }] },
  };
  return startCommands(findWorkloads(documentFromValue('p.json', pod))[0]!.containers[0]!);
}
const installed = (spec: object): string =>
  commands(spec)
    .map(({ words, into }) => installs(words, into))
    .filter((what) => what !== undefined)
    .join('; ');
const shell = (text: string): string => installed({ command: ['sh', '-c', text] });

test('what installs', () => {
  const cases: Record<string, string> = {
    'apt-get update && apt-get install -y curl': 'apt-get update; apt-get install curl',
    'sudo -E apt install -y -o Dpkg::Use-Pty=0 curl': 'apt install curl',
    'DEBIAN_FRONTEND=noninteractive apt-get -qq install vim': 'apt-get install vim',
    'set -e; apk add --no-cache git': 'apk add git',
    'if ! command -v jq; then dnf install -y jq; fi': 'dnf install jq',
    'microdnf update -y': 'microdnf update',
    'pip install -r requirements.txt': 'pip install requirements.txt',
    'python3 -m pip install flask': 'pip install flask',
    'pip3.12 install flask': 'pip3.12 install flask',
    'uv pip install x': 'pip install x',
    'cd /app && npm ci && npm start': 'npm ci',
    'npm --prefix /app install': 'npm install',
    'yarn install --frozen-lockfile': 'yarn install',
    'gem install rails; bundle install': 'gem install rails; bundle install',
    'go install example.com/a@latest': 'go install example.com/a@latest',
    'git -C /src pull; git clone https://x/y': 'git pull; git clone https://x/y',
    'curl -fsSL https://x/i.sh | sh': 'curl … | sh',
    'wget -qO- https://x | sudo bash -s -- -y': 'wget … | bash',
    'curl https://x | FOO=1 python3 -': 'curl … | python3',
    'bash -lc "apt-get update"': 'apt-get update',
    'timeout 60 apk upgrade': 'apk upgrade',
    'pacman -Syu --noconfirm': 'pacman -Syu --noconfirm',
    '/usr/bin/apt-get install x': 'apt-get install x',
    'sh -c "$(curl -fsSL https://x)"': 'curl … | sh',
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(shell(text), expected, text);
  assert.equal(installed({ command: ['apt-get', 'install', 'x'] }), 'apt-get install x');
  assert.equal(installed({ command: ['sh'], args: ['-c', 'apk add x'] }), 'apk add x');
  assert.equal(installed({ args: ['-c', 'apk add x'] }), 'apk add x');
  assert.equal(
    installed({ lifecycle: { postStart: { exec: { command: ['sh', '-c', 'pip install x'] } } } }),
    'pip install x',
  );
  assert.equal(installed({ readinessProbe: { exec: { command: ['apt', 'update'] } } }), 'apt update');
});

test('what only looks like it', () => {
  const cases = [
    'echo apt install',
    'echo "run apt-get install curl"',
    "printf '%s' 'npm install'",
    '# apt-get update\nexec web',
    'apt-cache search x',
    'npm start',
    'npm run install-hooks',
    'curl -f http://localhost/healthz || exit 1',
    'curl http://x | jq .',
    'curl http://x || sh fallback.sh',
    'git status; git rev-parse HEAD',
    'pip --version',
    'grep install /etc/apt/x',
    'cat apt-get install',
    'pacman -Q',
    'web --install apt',
    'go run main.go',
  ];
  for (const text of cases) assert.equal(shell(text), '', text);
  assert.equal(installed({ command: ['echo', 'apt', 'install'] }), '');
  assert.equal(installed({ command: 'apt install x', args: { a: 1 } }), '');
});

test('a finding points to the word that holds the command', () => {
  const [first] = commands({ command: ['sh', '-c'], args: ['apt update'] });
  assert.deepEqual(first?.path.slice(-2), ['args', 0]);
});

test('law: any text is read in bounded time, without a throw', () => {
  const piece = fc.constantFrom(
    'apt',
    ' ',
    'install',
    '"',
    "'",
    '\\',
    '|',
    '$(',
    ')',
    '`',
    '\n',
    '#',
    'sh -c ',
    '&&',
    ';',
    'curl x',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      for (const { words, into } of commands({ command: ['sh', '-c', pieces.join('')] })) {
        assert.ok(words.length > 0);
        installs(words, into);
      }
    }),
    { numRuns: 500 },
  );
  const start = performance.now();
  for (const text of [
    '"'.repeat(130_000),
    '|'.repeat(130_000),
    'apt install;'.repeat(10_000),
    `sh -c '${'a '.repeat(60_000)}'`,
  ])
    commands({ command: ['sh', '-c', text] });
  assert.ok(performance.now() - start < 1000);
});
