/** Copy a file into the running container without tar: through its shell, and through small programs that write what they read. */
import { arrival } from '../arrival.ts';
import type { ActedTry, Attack } from '../attack.ts';
import { answerOf, UPLOAD_DIRECTORY, UPLOAD_TIMEOUT_MS, uploadPaths } from '../sandbox-upload.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';

const CONTENT = Buffer.from('copied in\n');
const SHELL = '/bin/sh';

interface Form {
  readonly name: string;
  /** Where the program lies that writes, or that the shell runs. */
  readonly program: readonly string[];
  readonly inShell: boolean;
  /** `path` is made of letters, digits and dashes: it needs no quotes. */
  readonly command: (path: string, program: string) => readonly string[];
  readonly stdin: Buffer;
}

const either = (name: string) => [`/bin/${name}`, `/usr/bin/${name}`];

const FORMS: readonly Form[] = [
  {
    name: 'cat',
    program: either('cat'),
    inShell: true,
    command: (path, cat) => [SHELL, '-c', `${cat} > ${path}`],
    stdin: CONTENT,
  },
  {
    name: 'base64',
    program: either('base64'),
    inShell: true,
    command: (path, base64) => [SHELL, '-c', `${base64} -d > ${path}`],
    stdin: Buffer.from(CONTENT.toString('base64')),
  },
  { name: 'tee', program: either('tee'), inShell: false, command: (path, tee) => [tee, path], stdin: CONTENT },
  { name: 'dd', program: either('dd'), inShell: false, command: (path, dd) => [dd, `of=${path}`], stdin: CONTENT },
];

function upload(target: Target, { name, command, stdin }: Form, program: string): ActedTry {
  const { path, makes } = uploadPaths(target, `-${name}`);
  return {
    place: name,
    gain: 'succeeded',
    makes,
    async act(hands) {
      const ended = await hands.exec(command(path, program), { stdin, timeoutMs: UPLOAD_TIMEOUT_MS });
      return arrival(hands, path, answerOf(name, ended));
    },
  };
}

const attack: Attack = {
  id: 'copy-through-shell',
  title: 'Copy a file into the running container without tar',
  family: 'files',
  technique: 'T1609',
  harmless: false,
  why: 'Where kubectl cp finds no tar, kubectl exec with a shell, tee or dd writes the same file from its input.',
  looksAt: FORMS.flatMap(({ program }) => program),
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    if (target.outside !== undefined) {
      return {
        tries: [],
        skipped: [{ place: '', reason: 'in a cluster copy-by-shell does the same as it is done there' }],
      };
    }
    if (!isDirectoryOnRoot(target, UPLOAD_DIRECTORY)) {
      return { tries: [], skipped: [{ place: '', reason: 'the root file system has no /etc' }] };
    }
    const isFile = (path: string) => target.paths.get(path)?.kind === 'file';
    const found = FORMS.map((form) => ({
      form,
      program: !form.inShell || isFile(SHELL) ? form.program.find(isFile) : undefined,
    }));
    return {
      tries: found.flatMap(({ form, program }) => (program === undefined ? [] : [upload(target, form, program)])),
      skipped: found
        .filter(({ program }) => program === undefined)
        .map(({ form: { name, inShell } }) => ({
          place: name,
          reason: `the image has no ${name}${inShell ? ', or no shell' : ''}`,
        })),
    };
  },
};

export default attack;
