/** Copy a file into the running container: through the engine's API, and as kubectl cp does it. */
import { packTar } from 'modern-tar';
import type { ActedTry, Attack, Hands, Observed } from '../attack.ts';
import { call, output, resultOf } from '../probe/program.ts';
import { AT_FDCWD, O_CREAT, O_EXCL, O_WRONLY, STATX_BYTES, STATX_WANTED } from '../probe/syscalls.ts';
import { refusalIn } from '../refusal.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';

const DIRECTORY = '/etc';

async function archive(name: string): Promise<Buffer> {
  const body = Buffer.from('copied in\n');
  return Buffer.from(await packTar([{ header: { name, size: body.length, mode: 0o644, type: 'file' }, body }]));
}

/**
 * Only what can be seen inside the container counts: an engine may answer that all went well while nothing arrived.
 * Where it gave no reason, creating a file beside it asks the kernel for one.
 */
async function judge(hands: Hands, name: string, answer: string): Promise<Observed> {
  const path = `${DIRECTORY}/${name}`;
  const seen = call('statx', AT_FDCWD, path, 0, STATX_WANTED, output(STATX_BYTES));
  const removed = call('unlinkat', AT_FDCWD, path, 0);
  const beside = call('openat', AT_FDCWD, `${path}-beside`, O_WRONLY | O_CREAT | O_EXCL, 0o644);
  const tidy = [call('close', resultOf(beside)), call('unlinkat', AT_FDCWD, `${path}-beside`, 0)];
  const report = await hands.probe([seen, removed, beside, ...tidy]);
  if (report.errno(seen) === null) return { result: 'won', errno: null, detail: `${path} appeared in the container` };
  const errno = refusalIn(answer);
  // What stopped it stands at the end of a chain of causes.
  const cause = answer.split(': ').slice(-2).join(': ');
  if (errno !== null) return { result: 'refused', errno, detail: `${path} did not appear: ${cause}` };
  const kernels = report.errno(beside);
  const told = `${path} did not appear (the answer was: ${answer})`;
  if (report.errno(seen) !== 'ENOENT' || kernels === null || refusalIn(kernels) === null) {
    return { result: 'undecided', errno: kernels, detail: `${told}, for a reason that is not known` };
  }
  return { result: 'refused', errno: kernels, detail: `${told}; creating a file there is refused with ${kernels}` };
}

function throughEngine(target: Target): ActedTry {
  const name = `petrify-${target.token}-api`;
  return {
    place: 'engine-api',
    gain: 'succeeded',
    makes: [`${DIRECTORY}/${name}`, `${DIRECTORY}/${name}-beside`],
    async act(hands) {
      const tar = await archive(name);
      const answer = await hands.copyIn(DIRECTORY, tar).then(
        () => 'done',
        (error: Error) => error.message,
      );
      return judge(hands, name, answer);
    },
  };
}

function asKubectl(target: Target): ActedTry {
  const name = `petrify-${target.token}-tar`;
  return {
    place: 'kubectl-cp',
    gain: 'succeeded',
    makes: [`${DIRECTORY}/${name}`, `${DIRECTORY}/${name}-beside`],
    async act(hands) {
      const { stderr, exitCode } = await hands.exec(['tar', '-xmf', '-', '-C', DIRECTORY], {
        stdin: await archive(name),
      });
      return judge(hands, name, stderr.toString('utf8').split('\n')[0] || `tar ended with exit code ${exitCode}`);
    },
  };
}

const attack: Attack = {
  id: 'copy-in',
  title: 'Copy a file into the running container',
  family: 'files',
  technique: 'T1609',
  harmless: false,
  why: 'kubectl cp and the API of the engine bring any file into a container that runs, past the build and the registry.',
  stoppedBy: ['read-only-root-filesystem'],
  plan(target) {
    if (!isDirectoryOnRoot(target, DIRECTORY)) {
      return { tries: [], skipped: [{ place: '', reason: 'the root file system has no /etc' }] };
    }
    const tar = ['/bin/tar', '/usr/bin/tar'].some((path) => target.paths.get(path)?.kind === 'file');
    const noTar = { place: 'kubectl-cp', reason: 'kubectl cp needs tar, which the image does not have' };
    return { tries: [throughEngine(target), ...(tar ? [asKubectl(target)] : [])], skipped: tar ? [] : [noTar] };
  },
};

export default attack;
