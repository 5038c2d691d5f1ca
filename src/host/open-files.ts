/** Files that a container's processes hold open for writing: what no list of files shows is that, or a file without a name. */
import type { FilesystemChange } from '../engine/engine.ts';
import type { FileList } from './file-list.ts';

/** With nothing but a shell and readlink. The last octal digit of the flags holds O_WRONLY (1) and O_RDWR (2). */
export const OPEN_FILES = `
for f in /proc/[0-9]*/fd/*; do
  flags=
  while read -r key value; do
    if [ "$key" = flags: ]; then flags=$value; break; fi
  done 2>/dev/null < "\${f%/fd/*}/fdinfo/\${f##*/}"
  case "$flags" in *[1256]) readlink "$f" ;; esac
done 2>/dev/null`;

/** A server holds some hundreds; what a container prints is not trusted. */
const MAX_OPEN = 10_000;
const DELETED = ' (deleted)';
/** Sockets, pipes and memory have names of their own; the kernel's file systems are nobody's files. */
const NO_FILE = /^(?!\/)|^\/(?:dev|proc|sys)\/|^\/(?:memfd:|SYSV|anon_inode|\[aio\])/;

/** Changes that `files` does not show. A file that has lost its name was made, and removed while it is used. */
export function openChanges(printed: string, files: FileList): FilesystemChange[] {
  const changes = new Map<string, FilesystemChange>();
  for (const line of printed.split('\n').slice(0, MAX_OPEN)) {
    const deleted = line.endsWith(DELETED);
    const path = deleted ? line.slice(0, -DELETED.length) : line;
    if (NO_FILE.test(line) || (!deleted && files.get(path)?.type !== 'file')) continue;
    changes.set(path, { path, kind: deleted ? 'added' : 'opened' });
  }
  return [...changes.values()];
}
