/** Says what came of a try, from what the probe reported. */
import type { Execution, Observed, ProbeTry } from './attack.ts';
import { layerOf } from './layer.ts';
import type { Report } from './probe/decode.ts';
import { errnoOf, isRefusal } from './probe/errno.ts';
import type { Call } from './probe/program.ts';
import type { Target } from './target.ts';

/** What an errno means in an attempt to change a container. */
const MEANINGS: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only',
  EACCES: 'the permissions do not allow it',
  EPERM: 'the privilege for it is missing',
};

/** The first decisive call that failed decides; without one, the required execution; else it was won. */
export function evaluate(tried: ProbeTry, report: Report, target: Target): Observed {
  const { decisive, reached = [], execution, won, remark } = tried;
  const beyond: string[] = [];
  for (const each of decisive) {
    const errno = report.errno(each);
    if (errno === null) continue;
    if (!reached.includes(errno)) return failed(tried, each, errno, target);
    beyond.push(`${describeCall(each)} went on to ${errno}`);
  }
  const made = decisive.filter((each) => report.errno(each) === null).map(describeCall);
  const succeeded = made.length === 0 ? [] : [`${made.join(' and ')} succeeded`];
  const done = [...succeeded, ...beyond, ...(remark === undefined ? [] : [remark])];
  if (execution === undefined) return { result: 'won', errno: null, detail: won ?? done.join('; ') };
  const { ran, told, errno } = executionOf(execution, report);
  if (ran || !execution.required) {
    return {
      result: 'won',
      errno: null,
      detail: (won === undefined ? [...done, told] : [won]).join('; '),
      executed: ran,
    };
  }
  if (errno === null) return { result: 'undecided', errno, detail: told };
  if (report.errno(execution.executed) !== null) return failed(tried, execution.executed, errno, target);
  // It ran, and one of its own calls was refused.
  const refused = isRefusal(errno);
  const layer = refused ? (execution.refusedBy ?? null) : null;
  return {
    result: refused ? 'refused' : 'undecided',
    errno,
    layer,
    detail: `${describeCall(execution.executed)}: ${told}`,
  };
}

function failed({ needs, layers }: ProbeTry, failing: Call, errno: string, target: Target): Observed {
  const layer = layers?.[`${failing.name} ${errno}`] ?? layers?.[errno] ?? layerOf(errno, failing, target, needs);
  // A filter may answer with whatever it likes, ENOSYS for instance.
  const refused = isRefusal(errno) || layer === 'seccomp';
  const meaning = layer === 'seccomp' ? 'a seccomp filter refuses the call' : MEANINGS[errno];
  const detail = `${describeCall(failing)} met ${errno}: ${meaning ?? 'which does not say whether it is allowed'}`;
  return { result: refused ? 'refused' : 'undecided', errno, layer: refused ? layer : null, detail };
}

const SMALLEST_RETURNED = 256;

function executionOf({ executed, waited, status, exitCode, exitsWithErrno }: Execution, report: Report) {
  const errno = report.errno(executed);
  if (errno !== null) return { ran: false, errno, told: `executing it met ${errno}` };
  const waitError = report.errno(waited);
  if (waitError !== null)
    return { ran: false, errno: null, told: `no child process could be made or awaited (${waitError})` };
  const code = report.bytes(status).readUInt32LE(0);
  if (code === exitCode << 8) return { ran: true, errno: null, told: 'it was executed' };
  const returned = exitsWithErrno === true ? errnoOf(BigInt((code >> 8) - SMALLEST_RETURNED)) : null;
  if (returned !== null) return { ran: false, errno: returned, told: `it was executed, and met ${returned}` };
  return { ran: false, errno: null, told: `executing it ended with wait status ${code}` };
}

/** `openat(/etc/x)`: the call and the path that it is about. */
export function describeCall({ name, args }: Call): string {
  const paths = args.filter((each) => typeof each === 'string' && each.startsWith('/'));
  return paths.length === 0 ? name : `${name}(${paths.join(', ')})`;
}
