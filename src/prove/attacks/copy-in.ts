/** Copy a file into the running container: through the engine's API, and as kubectl cp does it. */
import { packTar } from 'modern-tar';
import { arrival, arrivalNames } from '../arrival.ts';
import type { ActedTry, Attack } from '../attack.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';

const DIRECTORY = '/etc';

async function archive(name: string): Promise<Buffer> {
  const body = Buffer.from('copied in\n');
  return Buffer.from(await packTar([{ header: { name, size: body.length, mode: 0o644, type: 'file' }, body }]));
}

function throughEngine(target: Target): ActedTry {
  const name = `petrify-${target.token}-api`;
  return {
    place: 'engine-api',
    gain: 'succeeded',
    makes: arrivalNames(`${DIRECTORY}/${name}`),
    async act(hands) {
      const tar = await archive(name);
      const answer = await hands.copyIn(DIRECTORY, tar).then(
        () => 'done',
        (error: Error) => error.message,
      );
      return arrival(hands, `${DIRECTORY}/${name}`, answer);
    },
  };
}

function asKubectl(target: Target): ActedTry {
  const name = `petrify-${target.token}-tar`;
  return {
    place: 'kubectl-cp',
    gain: 'succeeded',
    makes: arrivalNames(`${DIRECTORY}/${name}`),
    async act(hands) {
      const { stderr, exitCode } = await hands.exec(['tar', '-xmf', '-', '-C', DIRECTORY], {
        stdin: await archive(name),
      });
      const answer = stderr.toString('utf8').split('\n')[0] || `tar ended with exit code ${exitCode}`;
      return arrival(hands, `${DIRECTORY}/${name}`, answer);
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
    if (target.outside !== undefined) {
      return {
        tries: [],
        skipped: [{ place: '', reason: 'in a cluster there is no engine to ask; copy-in-cluster does the same' }],
      };
    }
    if (!isDirectoryOnRoot(target, DIRECTORY)) {
      return { tries: [], skipped: [{ place: '', reason: 'the root file system has no /etc' }] };
    }
    const tar = ['/bin/tar', '/usr/bin/tar'].some((path) => target.paths.get(path)?.kind === 'file');
    const noTar = { place: 'kubectl-cp', reason: 'kubectl cp needs tar, which the image does not have' };
    return { tries: [throughEngine(target), ...(tar ? [asKubectl(target)] : [])], skipped: tar ? [] : [noTar] };
  },
};

export default attack;
