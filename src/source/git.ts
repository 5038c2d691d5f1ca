/** Judges only what changed: drops documents that stand in the same file at a commit. Asks the `git` on the PATH. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../failure.ts';
import type { ManifestText } from '../manifest/document.ts';
import { positionAt } from '../manifest/position.ts';
import { type DocumentRange, splitDocuments } from '../manifest/split.ts';
import { placesOfKustomization } from './kustomize.ts';
import { programOnPath } from './run-tool.ts';
import type { Source } from './source.ts';

export interface ChangedOptions {
  /** Which repository the name of the commit is of; absent: that of the working directory. */
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Files that every chart is rendered with: where one changed, every chart did. */
  readonly values?: readonly string[];
}

/** Longest answer of git, in bytes; a longer file counts as changed. */
const MAX_ANSWER = 64 * 1024 * 1024;
const MAX_MILLISECONDS = 30_000;
/** Most files below a chart that are compared; a larger one counts as changed. */
const MAX_FILES = 20_000;
const MAX_REF_LENGTH = 500;

interface Repository {
  readonly root: string;
  readonly commit: string;
  /** Where files that were moved stood before. */
  readonly moved: ReadonlyMap<string, string>;
  readonly git: Git;
}

type Git = (args: readonly string[]) => Promise<Buffer | undefined>;

/**
 * What `source` gives, without the documents whose text stands in the same file at `ref`. Files that git does not know
 * are kept; a chart or kustomization is dropped where nothing that it is made from changed.
 * Throws Failure('bad-usage') when iterated, if there is no git, no repository, or no such commit.
 */
export async function* changedSince(source: Source, ref: string, options: ChangedOptions = {}): Source {
  const repository = await openRepository(ref, options);
  const changes = new Map<string, Promise<boolean>>();
  let last: { readonly file: string; readonly known: ReadonlySet<string> | undefined } | undefined;
  for await (const item of source) {
    if (!('text' in item) || item.text.rendered?.by === 'cluster') {
      yield item;
      continue;
    }
    const { text } = item;
    if (text.rendered) {
      const { by, from } = text.rendered;
      let changed = changes.get(from);
      if (!changed) {
        changed = hasChanged(
          repository,
          by === 'kustomize' ? placesOfKustomization(from) : [from, ...(options.values ?? [])],
        );
        changes.set(from, changed);
      }
      if (await changed) yield item;
      continue;
    }
    if (last?.file !== text.file) last = { file: text.file, known: await documentsAt(repository, text.file) };
    if (last.known === undefined) yield item;
    else for (const part of changedParts(text, last.known)) yield { text: part };
  }
}

/** Runs of documents that are not known, each as a part of its file. */
function* changedParts(text: ManifestText, known: ReadonlySet<string>): Generator<ManifestText> {
  const ranges = splitDocuments(text.text);
  const isNew = ranges.map((range) => !known.has(digest(text.text, range)));
  if (ranges.length === 0 || isNew.every(Boolean)) return yield text;
  for (let first = 0; first < ranges.length; first++) {
    if (!isNew[first]) continue;
    let end = first;
    while (isNew[end + 1]) end++;
    const { start } = ranges[first]!;
    const before = { lines: positionAt(text, start).line - 1, documents: (text.before?.documents ?? 0) + first };
    yield { ...text, text: text.text.slice(start, ranges[end]!.end), before };
    first = end;
  }
}

/** Line ends, white space around a document and its marker make no difference. */
function digest(text: string, { start, end }: DocumentRange): string {
  const own = text
    .slice(start, end)
    .replace(/^\uFEFF?---/, '')
    .replaceAll('\r\n', '\n')
    .trim();
  return createHash('sha256').update(own).digest('base64');
}

async function documentsAt(repository: Repository, file: string): Promise<ReadonlySet<string> | undefined> {
  const blob = await blobAt(repository, file);
  if (blob === undefined) return undefined;
  const text = blob.toString('utf8');
  return new Set(splitDocuments(text).map((range) => digest(text, range)));
}

/** The file as it was, under its old name if it was moved; undefined: git does not know it, or it is too long. */
async function blobAt({ root, commit, moved, git }: Repository, file: string): Promise<Buffer | undefined> {
  const path = pathIn(root, file);
  return path === undefined ? undefined : git(['cat-file', 'blob', `${commit}:${moved.get(path) ?? path}`]);
}

function pathIn(root: string, file: string): string | undefined {
  try {
    // The file's own name counts, a link's target does not; the way to it may have links.
    const path = relative(root, join(realpathSync(dirname(resolve(file))), resolve(file).split(sep).at(-1)!));
    return path.startsWith('..') || path === '' || path.includes('\0') ? undefined : path.split(sep).join('/');
  } catch {
    return undefined;
  }
}

/** Whether a file at or below any of the places is not what it was, is new, or is gone. */
async function hasChanged(repository: Repository, places: readonly string[]): Promise<boolean> {
  for (const place of places) {
    const path =
      place === repository.root
        ? '.'
        : (pathIn(repository.root, place) ?? (realpathSync(place) === repository.root ? '.' : undefined));
    if (path === undefined) return true;
    const listed = await repository.git([
      'ls-tree',
      '-r',
      '-z',
      '--name-only',
      '--full-tree',
      repository.commit,
      '--',
      `${path}`,
    ]);
    if (listed === undefined) return true;
    const then = new Set(listed.toString('utf8').split('\0').filter(Boolean));
    const now = filesBelow(resolve(place));
    if (now === undefined || now.length !== then.size) return true;
    for (const file of now) {
      const old = then.has(pathIn(repository.root, file) ?? '') ? await blobAt(repository, file) : undefined;
      if (old === undefined || !isSame(old, readFileSync(file))) return true;
    }
  }
  return false;
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.equals(b) || a.toString('latin1').replaceAll('\r\n', '\n') === b.toString('latin1').replaceAll('\r\n', '\n');
}

/** Files at or below a place; undefined: too many, or something that cannot be compared. */
function filesBelow(place: string): string[] | undefined {
  if (!statSync(place).isDirectory()) return [place];
  const files: string[] = [];
  const open = [place];
  while (open.length > 0) {
    const folder = open.pop()!;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name === '.git') continue;
      if (entry.isDirectory()) open.push(join(folder, entry.name));
      else if (!entry.isFile() || files.push(join(folder, entry.name)) > MAX_FILES) return undefined;
    }
  }
  return files;
}

async function openRepository(ref: string, { cwd = '.', env = process.env }: ChangedOptions): Promise<Repository> {
  const program = programOnPath('git', env);
  if (program === undefined) throw badUsage('--diff-from needs git, and there is none on the PATH', 'install git');
  const git = gitIn(program, cwd, env);
  const top = await git(['rev-parse', '--show-toplevel']);
  if (top === undefined)
    throw badUsage(
      '--diff-from needs a git repository, and this folder is in none',
      'run it in the repository of the manifests',
    );
  if (ref === '' || ref.length > MAX_REF_LENGTH || ref.startsWith('-') || /[\0-\x20\x7f]/.test(ref))
    throw badUsage(`--diff-from: ${JSON.stringify(ref.slice(0, 80))} is no name of a commit`, REF_HINT);
  const commit = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (commit === undefined) throw badUsage(`--diff-from: git knows no commit ${ref}`, REF_HINT);
  const root = realpathSync(top.toString('utf8').replace(/\r?\n$/, ''));
  const id = commit.toString('latin1').trim();
  const inRoot = gitIn(program, root, env);
  const renames = await inRoot(['diff-index', '--cached', '--diff-filter=R', '-M', '-z', '--name-status', id, '--']);
  const words = renames?.toString('utf8').split('\0') ?? [];
  const moved = new Map<string, string>();
  for (let at = 0; at + 2 < words.length; at += 3) moved.set(words[at + 2]!, words[at + 1]!);
  return { root, commit: id, moved, git: inRoot };
}

const REF_HINT = 'give a branch, a tag or a commit that is fetched: git log lists them';

function badUsage(message: string, hint: string): Failure {
  return new Failure('bad-usage', message, { hint });
}

/** Git that fetches nothing and runs nothing that a repository's own configuration names; undefined: it refused. */
function gitIn(program: string, cwd: string, env: NodeJS.ProcessEnv): Git {
  const own = ['PATH', 'HOME', 'XDG_CONFIG_HOME'].flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]]],
  );
  const variables = {
    ...Object.fromEntries(own),
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
  };
  const settings = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'protocol.allow=never'];
  return (args) =>
    new Promise((done, failed) => {
      const child = spawn(program, [...settings, ...args], {
        cwd,
        env: variables,
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: MAX_MILLISECONDS,
        killSignal: 'SIGKILL',
      });
      const chunks: Buffer[] = [];
      let length = 0;
      child.stdout.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_ANSWER) child.kill('SIGKILL');
        else chunks.push(chunk);
      });
      child.on('error', failed);
      child.on('close', (code) => done(code === 0 ? Buffer.concat(chunks) : undefined));
    });
}
