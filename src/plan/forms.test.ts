/** In which form a directory becomes writable: each rule by an example that it decides and one beside it that it does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../profile/evidence.ts';
import type { WritablePath } from '../profile/profile.ts';
import { shippedDirectory } from '../profile/shipped.fixture.ts';
import { formOf, type Surroundings } from './forms.ts';

const wrote = (path: string, more: Partial<Evidence> = {}): Evidence => ({
  collector: 'kernel-events',
  path,
  what: 'create',
  type: 'file',
  detail: '',
  ...more,
});

interface Case {
  readonly path: string;
  /** What is written, relative to the path. */
  readonly wrote?: readonly (string | Evidence)[];
  readonly shippedFiles?: number;
  /** Absent: the image ships what is written, where it ships files at all. */
  readonly shipped?: Surroundings['shipped'];
  readonly kind?: WritablePath['kind'];
  readonly code?: Surroundings['code'];
  readonly directories?: Surroundings['directories'];
}

function form({ path, wrote: names = [], shippedFiles = 0, kind = 'scratch', ...more }: Case): string {
  const evidence = names.map((one) => (typeof one === 'string' ? wrote(`${path === '/' ? '' : path}/${one}`) : one));
  const writable: WritablePath = { path, kind, shippedFiles, bytes: 0, evidence };
  const own = evidence.map((piece) => piece.path.slice(path.length + 1));
  const shipped = more.shipped ?? (shippedFiles > 0 ? shippedDirectory(shippedFiles, { names: own }) : undefined);
  const decided = formOf(writable, { code: 'mounted', directories: 'plain', ...more, shipped });
  const more_ = decided.kind === 'files' ? decided.names.join(' ') : decided.kind === 'empty' ? '' : decided.because;
  return `${decided.kind}${more_ === '' ? '' : `: ${more_}`}`;
}

const PROGRAMS = 'none: a volume there would make programs writable';
const START_UP = 'none: a volume there would make writable what decides who logs in and what starts';
const CODE = 'none: what it writes there is code that is loaded later';
const COPY3 = 'copy: the image ships 3 files there';
const many = ['a', 'b', 'c'];
const MIB = 1024 * 1024;

const table: readonly (readonly [string, Case, string])[] = [
  ['the root', { path: '/', wrote: many }, 'none: a volume cannot be mounted over /'],
  ['a file made up anew in the root', { path: '/', wrote: ['core.1234'] }, 'none: a volume cannot be mounted over /'],
  ['two files of fixed names in the root', { path: '/', wrote: ['state', '.config'] }, 'files: .config state'],
  ...['/bin', '/sbin', '/usr', '/usr/bin', '/usr/lib/app', '/lib', '/lib64/x', '/boot'].map(
    (path): readonly [string, Case, string] => [`never over ${path}`, { path, wrote: many, shippedFiles: 3 }, PROGRAMS],
  ),
  ['not even where nothing is shipped', { path: '/usr/lib/app', wrote: many }, PROGRAMS],
  ...['/etc', '/etc/cron.d', '/etc/ld.so.conf.d', '/etc/pam.d'].map((path): readonly [string, Case, string] => [
    `never over ${path}`,
    { path, wrote: many, shippedFiles: 3 },
    START_UP,
  ]),
  ['a colon in the path', { path: '/data/a:b', wrote: many }, 'none: a mount path may not hold a colon'],
  ['a colon in a file', { path: '/srv', wrote: ['a:b'], shippedFiles: 3 }, COPY3],

  ['nothing shipped: empty', { path: '/var/cache/app', wrote: many }, 'empty'],
  ['nothing shipped and one file: the whole directory all the same', { path: '/srv', wrote: ['x'] }, 'empty'],
  ['nothing known to be written', { path: '/srv' }, 'empty'],
  [
    'an empty directory of the image keeps its owner and mode',
    { path: '/srv', wrote: many, directories: 'own', shipped: shippedDirectory(0) },
    'copy: it keeps the owner and mode of the image',
  ],
  ['but not one that the image does not have', { path: '/srv', wrote: many, directories: 'own' }, 'empty'],
  ['nor where that is not asked for', { path: '/srv', wrote: many, shipped: shippedDirectory(0) }, 'empty'],

  ['shipped files: a copy', { path: '/srv', wrote: many, shippedFiles: 3 }, COPY3],
  ['one shipped file, in words', { path: '/srv', wrote: many, shippedFiles: 1 }, 'copy: the image ships a file there'],
  ['shipped files and nothing known of what is written', { path: '/srv', shippedFiles: 3 }, COPY3],

  ['one file among shipped ones', { path: '/srv', wrote: ['x'], shippedFiles: 3 }, 'files: x'],
  [
    'a new file among shipped ones: others may follow',
    { path: '/srv', wrote: ['x'], shippedFiles: 3, shipped: shippedDirectory(3) },
    COPY3,
  ],
  [
    'one that was refused and is not known to be there',
    { path: '/srv', wrote: [wrote('/srv/x', { what: 'refused' })], shippedFiles: 3, shipped: shippedDirectory(3) },
    COPY3,
  ],
  [
    'a new log: logs have their names',
    { path: '/var/log', wrote: ['app.log'], kind: 'log', shippedFiles: 3, shipped: shippedDirectory(3) },
    'files: app.log',
  ],
  ['two, sorted, each once', { path: '/srv', wrote: ['x', 'a', 'x'], shippedFiles: 3 }, 'files: a x'],
  ['three are more than single files', { path: '/srv', wrote: many, shippedFiles: 3 }, COPY3],
  ['a file below another directory', { path: '/srv', wrote: ['d/x'], shippedFiles: 3 }, COPY3],
  ['the directory itself', { path: '/srv', wrote: [wrote('/srv')], shippedFiles: 3 }, COPY3],
  ['a socket', { path: '/srv', wrote: [wrote('/srv/s', { type: 'socket' })], shippedFiles: 3 }, COPY3],
  [
    'a directory made',
    { path: '/srv', wrote: [wrote('/srv/d', { what: 'mkdir', type: 'directory' })], shippedFiles: 3 },
    COPY3,
  ],
  [
    'a file that is removed: a mount cannot be',
    { path: '/srv', wrote: ['x', wrote('/srv/x', { what: 'delete' })], shippedFiles: 3 },
    COPY3,
  ],
  [
    'a file that is replaced: nor that',
    { path: '/srv', wrote: [wrote('/srv/x', { what: 'rename' })], shippedFiles: 3 },
    COPY3,
  ],
  ...(['create', 'modify', 'attributes', 'refused'] as const).map((what): readonly [string, Case, string] => [
    `a file in place: ${what}`,
    { path: '/srv', wrote: [wrote('/srv/x', { what })], shippedFiles: 3 },
    'files: x',
  ]),
  ...[
    'tmpA3f9Zq',
    'x.tmp',
    '.app.conf.swp',
    'notes~',
    'session_8f3a90bc',
    'core.1234',
    'x.A3f9Zq',
    'app.pid',
    'app.lock',
    'app.sock',
    'app.socket',
  ].map((name): readonly [string, Case, string] => [
    `a made-up name: ${name}`,
    { path: '/srv', wrote: [name], shippedFiles: 3 },
    COPY3,
  ]),
  ...['app.conf', 'state.db', 'template', 'v1.2'].map((name): readonly [string, Case, string] => [
    `a fixed name: ${name}`,
    { path: '/srv', wrote: [name], shippedFiles: 3 },
    `files: ${name}`,
  ]),
  [
    'a single file of configuration in a place of configuration',
    { path: '/etc/app', wrote: ['app.conf'], shippedFiles: 3 },
    'files: app.conf',
  ],
  ['a single file among what starts', { path: '/etc', wrote: ['passwd'], shippedFiles: 3 }, START_UP],
  [
    'a single file directly in /etc that decides nothing',
    { path: '/etc', wrote: ['app.conf'], shippedFiles: 3 },
    'files: app.conf',
  ],
  ['a single file among programs', { path: '/usr/bin', wrote: ['state'], shippedFiles: 3 }, PROGRAMS],

  [
    'programs are never copied',
    { path: '/srv', wrote: many, shippedFiles: 3, shipped: shippedDirectory(3, { programs: ['bin/run', 'x.so'] }) },
    'none: the image ships programs there (bin/run), which would become writable',
  ],
  [
    'a single file beside programs',
    { path: '/srv', wrote: ['state'], shippedFiles: 3, shipped: shippedDirectory(3, { programs: ['bin/run'] }) },
    'files: state',
  ],
  [
    '512 MiB are copied',
    { path: '/srv', wrote: many, shippedFiles: 3, shipped: shippedDirectory(3, { bytes: 512 * MIB }) },
    COPY3,
  ],
  [
    'more is not',
    { path: '/srv', wrote: many, shippedFiles: 3, shipped: shippedDirectory(3, { bytes: 600 * MIB }) },
    'none: the image ships 600 MiB there, too much for a copy',
  ],

  ['only code, left out', { path: '/srv/__pycache__', wrote: ['a.cpython-313.pyc'], code: 'left-out' }, CODE],
  ['only code, mounted', { path: '/srv/__pycache__', wrote: ['a.cpython-313.pyc'], code: 'mounted' }, 'empty'],
  [
    'code in directories that were made for it',
    {
      path: '/srv',
      wrote: [wrote('/srv/c', { what: 'mkdir', type: 'directory' }), 'c/a.pyc', 'c/b.pyo'],
      code: 'left-out',
    },
    CODE,
  ],
  ['code and something else', { path: '/srv', wrote: ['a.pyc', 'data'], code: 'left-out' }, 'empty'],
  [
    'a directory alone is no code',
    { path: '/srv', wrote: [wrote('/srv/c', { what: 'mkdir', type: 'directory' })], code: 'left-out' },
    'empty',
  ],
  ...['A.class', 'x.jar', 'x.so', 'libx.so.1.2', 'x.node', 'x.wasm', 'x.mjs', 'x.rb', 'x.pl', 'x.php', 'x.dll'].map(
    (name): readonly [string, Case, string] => [
      `${name} is code`,
      { path: '/srv', wrote: [name], code: 'left-out' },
      CODE,
    ],
  ),
  ...['x.json', 'x.css', 'so', 'x.data', 'x.log'].map((name): readonly [string, Case, string] => [
    `${name} is none`,
    { path: '/srv', wrote: [name], code: 'left-out' },
    'empty',
  ]),
];

for (const [name, given, expected] of table) test(name, () => assert.equal(form(given), expected));
