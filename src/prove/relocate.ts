/** Moves a try to another directory: the same calls, about the same names, where nothing refuses them. */
import type { ProbeTry } from './attack.ts';
import { type Argument, type Call, isPath, pathsIn, type Structure } from './probe/program.ts';

/**
 * The try with every path below `directory`; undefined where it touches anything but what it makes itself, which is told
 * by `token` in the name: that cannot be done elsewhere.
 */
export function relocated(tried: ProbeTry, token: string, directory: string): ProbeTry | undefined {
  const move = (path: string): string => {
    const parts = path.split('/');
    const own = parts.findIndex((part) => part.includes(token));
    return [directory, ...parts.slice(own)].join('/');
  };
  const paths = pathsIn(tried.program);
  if (paths.length === 0 || !paths.every((path) => path.includes(token))) return undefined;
  const moved = new Map<Call, Call>();
  const argument = (given: Argument): Argument => {
    if (typeof given === 'string') return isPath(given) ? move(given) : given;
    if (typeof given !== 'object' || given instanceof Uint8Array) return given;
    if ('resultOf' in given) return { resultOf: moved.get(given.resultOf)! };
    if ('fields' in given) return { fields: given.fields.map((one) => field(one)) };
    return 'output' in given ? given : given.map((one) => (isPath(one) ? move(one) : one));
  };
  const field = (given: Structure['fields'][number]) =>
    typeof given === 'string' && isPath(given) ? move(given) : given;
  const again = (call: Call): Call => {
    const child = call.child.map(again);
    const copy = { name: call.name, args: call.args.map(argument), child };
    moved.set(call, copy);
    return copy;
  };
  const program = tried.program.map(again);
  const { execution } = tried;
  return {
    ...tried,
    program,
    decisive: tried.decisive.map((call) => moved.get(call)!),
    ...(execution === undefined
      ? {}
      : {
          execution: {
            ...execution,
            executed: moved.get(execution.executed)!,
            waited: moved.get(execution.waited)!,
          },
        }),
  };
}
