/** Copy a file into the running container: through the engine's API, and as kubectl cp does it. */
import { posix } from 'node:path';
import { packTar } from 'modern-tar';
import { arrival } from '../arrival.ts';
import type { ActedTry, Attack } from '../attack.ts';
import { answerOf, UPLOAD_DIRECTORY, UPLOAD_TIMEOUT_MS, uploadPaths } from '../sandbox-upload.ts';
import { isDirectoryOnRoot, type Target } from '../target.ts';

async function archive(path: string): Promise<Buffer> {
  const body = Buffer.from('copied in\n');
  const header = { name: posix.basename(path), size: body.length, mode: 0o644, type: 'file' } as const;
  return Buffer.from(await packTar([{ header, body }]));
}

function throughEngine(target: Target): ActedTry {
  const { path, makes } = uploadPaths(target, '-api');
  return {
    place: 'engine-api',
    gain: 'succeeded',
    makes,
    async act(hands) {
      const tar = await archive(path);
      const answer = await hands.copyIn(UPLOAD_DIRECTORY, tar).then(
        () => 'done',
        (error: Error) => error.message,
      );
      const observed = await arrival(hands, path, answer);
      // What the engine wrote as uid 0 another user may not remove.
      if (observed.result === 'won' && target.uid !== 0) await hands.removeCopied(path);
      return observed;
    },
  };
}

function asKubectl(target: Target): ActedTry {
  const { path, makes } = uploadPaths(target, '-tar');
  return {
    place: 'kubectl-cp',
    gain: 'succeeded',
    makes,
    async act(hands) {
      const command = ['tar', '-xmf', '-', '-C', UPLOAD_DIRECTORY];
      const ended = await hands.exec(command, { stdin: await archive(path), timeoutMs: UPLOAD_TIMEOUT_MS });
      return arrival(hands, path, answerOf('tar', ended));
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
    if (!isDirectoryOnRoot(target, UPLOAD_DIRECTORY)) {
      return { tries: [], skipped: [{ place: '', reason: 'the root file system has no /etc' }] };
    }
    const tar = ['/bin/tar', '/usr/bin/tar'].some((path) => target.paths.get(path)?.kind === 'file');
    const noTar = { place: 'kubectl-cp', reason: 'kubectl cp needs tar, which the image does not have' };
    return { tries: [throughEngine(target), ...(tar ? [asKubectl(target)] : [])], skipped: tar ? [] : [noTar] };
  },
};

export default attack;
