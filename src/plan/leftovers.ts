/** Has a container find what it found in its fresh image at every start: files of an earlier life are removed from its volumes first. */
import { listOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import type { Change } from './change.ts';
import { type KnobImage, literally } from './knobs.ts';
import { shellWord } from './shell-word.ts';

/**
 * The volumes of a pod outlive its containers, the root filesystem of a container does not: a pid file or socket that a
 * crash leaves there would keep the next start from starting. The shell removes exactly `files` and becomes the application.
 * @param files absolute paths on volumes
 * @returns no changes where the image's own command is not known
 */
export function clearingChanges(
  container: Container,
  files: readonly string[],
  image: KnobImage | undefined,
): readonly Change[] {
  const command = listOf(container.spec.command);
  const args = listOf(container.spec.args);
  // `command` takes the place of ENTRYPOINT, and drops CMD.
  const program = command.length > 0 ? command : image?.entrypoint?.map(literally);
  if (files.length === 0 || program === undefined) return [];
  const inherited = command.length > 0 || args.length > 0 ? [] : (image?.cmd ?? []).map(literally);
  if (program.length + args.length + inherited.length === 0) return [];
  const script = `rm -f ${files.map(shellWord).join(' ')}; exec "$0" "$@"`;
  const because = 'what a crash leaves there would keep it from starting again: volumes outlive the container';
  const set = (field: string, value: readonly unknown[]): Change => ({
    op: 'add',
    path: [...container.path, field],
    value,
    because,
  });
  return [set('command', ['sh', '-c', script, ...program]), ...(inherited.length > 0 ? [set('args', inherited)] : [])];
}
