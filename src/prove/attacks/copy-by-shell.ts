/** Write a file through a shell of the image: what kubectl cp does where there is no tar. */
import { arrival } from '../arrival.ts';
import { answerOf, asked, fromOutside, missingTool, NOT_FOUND } from '../asking.ts';
import type { Attack, Hands, Observed, Skip } from '../attack.ts';
import type { Carrying } from '../outside.ts';
import { refusalIn } from '../refusal.ts';
import { type Upload, unlessPlaces, uploads } from '../uploading.ts';

const CONTENT = Buffer.from('copied in\n');
/** A cat that is not told where its input ends is left after this, which tells it so. */
const CAT_MS = 700;
const BASE64 = `echo ${CONTENT.toString('base64')} | base64 -d > "$0"`;

const byCat = (carry: Carrying, path: string) =>
  carry.exec(['sh', '-c', 'cat > "$0"', path], { stdin: CONTENT, hangUpMs: CAT_MS });
const byBase64 = (carry: Carrying, path: string) => carry.exec(['sh', '-c', BASE64, path]);

function writing(how: typeof byCat, tool: string): Upload {
  return (hands, path) =>
    asked(hands, 'exec', 'write files with a shell of the container', async (carry) => {
      const { exitCode, words } = await answerOf(how(carry, path));
      if (exitCode === NOT_FOUND) return missingTool(`sh, or no ${tool}`);
      return arrival(hands, path, words);
    });
}

/** In one breath, without a probe: noclobber keeps it from anything that exists. */
function inOneBreath(hands: Hands, path: string): Promise<Observed> {
  return asked(hands, 'exec', 'write files with a shell of the container', async (carry) => {
    const script = `set -C; ${BASE64} && rm "$0"`;
    const { exitCode, words } = await answerOf(carry.exec(['sh', '-c', script, path]));
    if (exitCode === 0) return { result: 'won', errno: null, detail: `${path} was written, and removed` };
    if (exitCode === NOT_FOUND) return missingTool('sh, base64 or rm');
    const errno = refusalIn(words);
    return { result: errno === null ? 'undecided' : 'refused', errno, detail: `${path} was not written: ${words}` };
  });
}

const SAME: Skip = { place: 'cat', reason: 'in a pod that serves base64 does the same in one command' };

const attack: Attack = {
  id: 'copy-by-shell',
  title: 'Write a file through a shell of the image',
  family: 'outside',
  technique: 'T1609',
  harmless: true,
  why: 'Without tar, sh -c "cat > file" or base64 brings the same file in through kubectl exec: whoever forbids kubectl cp alone forbids nothing.',
  stoppedBy: ['read-only-root-filesystem', 'exec-access'],
  plan: fromOutside((target, { live }) => ({
    tries: live
      ? uploads(target, 'base64', inOneBreath)
      : [...uploads(target, 'cat', writing(byCat, 'cat')), ...uploads(target, 'base64', writing(byBase64, 'base64'))],
    skipped: [...(live ? [SAME] : []), ...unlessPlaces(target)],
  })),
};

export default attack;
