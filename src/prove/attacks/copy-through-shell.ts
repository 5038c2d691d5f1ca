/** Copy a file into the running container without tar: through its shell, and through small programs that write what they read. */
import type { ActedTry, Attack } from '../attack.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';
import { answerOf, judgeUpload, UPLOAD_DIRECTORY, uploadPaths } from '../uploading.ts';

const CONTENT = Buffer.from('copied in\n');
const SHELL = '/bin/sh';

interface Form {
  readonly name: string;
  /** One of the files for each of the programs that it needs. */
  readonly needs: readonly (readonly string[])[];
  /** `path` is made of letters, digits and dashes: it needs no quotes. */
  readonly command: (path: string) => readonly string[];
  readonly stdin: Buffer;
}

const either = (name: string) => [`/bin/${name}`, `/usr/bin/${name}`];

const FORMS: readonly Form[] = [
  {
    name: 'cat',
    needs: [[SHELL], either('cat')],
    command: (path) => [SHELL, '-c', `cat > ${path}`],
    stdin: CONTENT,
  },
  {
    name: 'base64',
    needs: [[SHELL], either('base64')],
    command: (path) => [SHELL, '-c', `base64 -d > ${path}`],
    stdin: Buffer.from(CONTENT.toString('base64')),
  },
  { name: 'tee', needs: [either('tee')], command: (path) => ['tee', path], stdin: CONTENT },
  { name: 'dd', needs: [either('dd')], command: (path) => ['dd', `of=${path}`], stdin: CONTENT },
];

function upload(target: Target, { name, command, stdin }: Form): ActedTry {
  const { path, makes } = uploadPaths(target, `-${name}`);
  return {
    place: name,
    gain: 'succeeded',
    makes,
    async act(hands) {
      return judgeUpload(hands, path, answerOf(name, await hands.exec(command(path), { stdin })));
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
  looksAt: FORMS.flatMap(({ needs }) => needs.flat()),
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    if (!isDirectoryOnRoot(target, UPLOAD_DIRECTORY)) {
      return { tries: [], skipped: [{ place: '', reason: 'the root file system has no /etc' }] };
    }
    const isFile = (path: string) => target.paths.get(path)?.kind === 'file';
    const has = ({ needs }: Form) => needs.every((paths) => paths.some(isFile));
    return {
      tries: FORMS.filter(has).map((form) => upload(target, form)),
      skipped: FORMS.filter((form) => !has(form)).map(({ name }) => ({
        place: name,
        reason: 'the image does not have the programs for it',
      })),
    };
  },
};

export default attack;
