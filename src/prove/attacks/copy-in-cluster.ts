/** Copy a file into the running container through the API server, as kubectl cp does: tar, executed there. */
import { posix } from 'node:path';
import { packTar } from 'modern-tar';
import { arrival } from '../arrival.ts';
import { answerOf, asked, fromOutside, missingTool, NOT_FOUND } from '../asking.ts';
import type { Attack, Hands, Observed } from '../attack.ts';
import type { Carrying } from '../outside.ts';
import { refusalIn } from '../refusal.ts';
import { unlessPlaces, uploads } from '../uploading.ts';

/** Until then every tar has unpacked so little; one that waits for the end of its input all the same is told it. */
const UNPACK_MS = 1_000;

/** What GNU tar reads at once: it waits for the whole of it, and then sees for itself that the archive has ended. */
const RECORD_BYTES = 10_240;

async function archive(name: string): Promise<Buffer> {
  const body = Buffer.from('copied in\n');
  const tar = Buffer.from(await packTar([{ header: { name, size: body.length, mode: 0o644, type: 'file' }, body }]));
  return Buffer.concat([tar, Buffer.alloc(RECORD_BYTES - tar.length)]);
}

async function unpack(carry: Carrying, path: string) {
  const directory = posix.dirname(path);
  await answerOf(carry.exec(['test', '-d', directory]));
  const stdin = await archive(posix.basename(path));
  const command = ['tar', '-xmf', '-', '-C', directory];
  return answerOf(carry.exec(command, { stdin, hangUpMs: UNPACK_MS }));
}

function copyIn(hands: Hands, path: string): Promise<Observed> {
  return asked(hands, 'exec', 'copy files into the container', async (carry) => {
    const { exitCode, words } = await unpack(carry, path);
    return exitCode === NOT_FOUND ? missingTool('tar, which kubectl cp needs') : arrival(hands, path, words);
  });
}

/** Without a probe: what cannot be removed again is not copied. */
function copyInLive(hands: Hands, path: string): Promise<Observed> {
  return asked(hands, 'exec', 'copy files into the container', async (carry) => {
    const removable = await answerOf(carry.exec(['rm', '-f', path]));
    if (removable.exitCode === NOT_FOUND) return missingTool('rm, without which nothing is copied in');
    const { exitCode, words } = await unpack(carry, path);
    if (exitCode === NOT_FOUND) return missingTool('tar, which kubectl cp needs');
    const removed = await answerOf(carry.exec(['rm', path]));
    if (removed.exitCode === 0)
      return { result: 'won', errno: null, detail: `${path} appeared in the container, and was removed` };
    const errno = refusalIn(words);
    return { result: errno === null ? 'undecided' : 'refused', errno, detail: `${path} did not appear: ${words}` };
  });
}

const attack: Attack = {
  id: 'copy-in-cluster',
  title: 'Copy a file into the running container with kubectl cp',
  family: 'outside',
  technique: 'T1609',
  harmless: true,
  why: 'kubectl cp brings any file into a container that runs, past the build, the registry and every review.',
  stoppedBy: ['read-only-root-filesystem', 'exec-access'],
  plan: fromOutside((target, { live }) => ({
    tries: uploads(target, 'tar', live ? copyInLive : copyIn),
    skipped: unlessPlaces(target),
  })),
};

export default attack;
