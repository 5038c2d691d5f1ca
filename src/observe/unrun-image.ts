/** What an image's configuration, layers and start script say of the paths that a container writes. Nothing is run. */
import { accountsOf } from '../image/accounts.ts';
import { MAX_SCRIPT_BYTES, scriptWrites } from '../image/entrypoint-script.ts';
import type { ImageTree } from '../image/layout.ts';
import type { OpenedImage } from '../image/open.ts';
import { type Tools, toolsOf } from '../image/tools.ts';
import { userOf } from '../image/user.ts';
import type { CollectorRun, Evidence } from '../profile/evidence.ts';
import { type ImageLayout, isBelow } from '../profile/placement.ts';
import type { ContainerProfile } from '../profile/profile.ts';
import { listOf } from '../workload/value.ts';
import type { Container } from '../workload/workload.ts';
import { declaredPaths } from './collectors/image-config.ts';
import { snapshotLayout } from './layout-snapshot.ts';

/** Words of a command that are looked at: `tini -- docker-entrypoint.sh server` has four. */
const MAX_WORDS = 16;
/** Where a program is looked for without a PATH: containerd's own. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** A person's files are nothing that a server needs; a service's home below /var is its data. */
const PERSONAL_HOMES = ['/home', '/root'];
const SHELL = /^#!\s*\S*\/(?:env\s+(?:-\S+\s+)*)?(?:ba|da|a|k|z|busybox\s+)?sh\b/;

/** One container, as far as its image tells. */
export interface UnrunContainer {
  readonly image: { readonly name: string; readonly id: string };
  readonly user: ContainerProfile['user'];
  readonly evidence: readonly Evidence[];
  readonly layout: ImageLayout;
  readonly collector: CollectorRun;
  readonly tools: Tools;
}

export async function readUnrun(opened: OpenedImage, container: Container): Promise<UnrunContainer> {
  const { image, tree } = opened;
  const { runAsUser, runAsGroup } = container.settings;
  const written = runAsUser.value === undefined ? image.config.user : String(runAsUser.value);
  // A name that the image does not know would not start; root is the worst that it can be.
  const ids = (await userOf(tree, written)) ?? { uid: 0, gid: 0 };
  const evidence = [
    ...declaredPaths(image.config),
    ...(await ownedPaths(opened, ids.uid)),
    ...(await scriptEvidence(opened, container)),
  ];
  return {
    image: { name: image.name, id: image.id },
    user: {
      uid: ids.uid,
      gid: runAsGroup.value ?? ids.gid,
      from: runAsUser.value === undefined ? 'image' : 'manifest',
    },
    evidence,
    layout: await snapshotLayout(
      tree,
      evidence,
      container.mounts.map(({ mountPath }) => mountPath),
    ),
    collector: { collector: 'image-config', ran: true, note: 'read from the layers of the image; nothing was run' },
    tools: await toolsOf(tree),
  };
}

/** An empty directory that the image gives to its own user is made to be written; whether it is, nobody has seen. */
async function ownedPaths({ tree, emptyDirectoriesOf }: OpenedImage, uid: number): Promise<Evidence[]> {
  // Nearly everything is root's.
  if (uid === 0) return [];
  const homes = (await accountsOf(tree)).filter((account) => account.uid === uid).map(({ home }) => home);
  const personal = homes.filter((home) => PERSONAL_HOMES.some((above) => isBelow(home, above)));
  return emptyDirectoriesOf(uid)
    .filter((path) => !personal.some((home) => isBelow(path, home)))
    .map((path) => ({
      collector: 'image-config',
      path,
      what: 'declared',
      type: 'directory',
      detail: `an empty directory that belongs to the user (uid ${uid}): it may be written; low confidence, nothing was run`,
    }));
}

/** The first shell script of the command, and what it says that it writes. */
async function scriptEvidence({ image, tree }: OpenedImage, container: Container): Promise<Evidence[]> {
  const { config } = image;
  const texts = (value: unknown) => listOf(value).filter((word) => typeof word === 'string');
  const command = texts(container.spec.command);
  const args = texts(container.spec.args);
  // A command of the manifest replaces the image's arguments as well.
  const entrypoint = command.length > 0 ? command : config.entrypoint;
  const words = [...entrypoint, ...(args.length > 0 ? args : command.length > 0 ? [] : config.cmd)];
  const env = new Map(config.env.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)]));
  const script = await findScript(tree, words.slice(0, MAX_WORDS), env.get('PATH') ?? DEFAULT_PATH);
  if (script === undefined) return [];
  return scriptWrites(script.text, env).map(({ path, what, line, text }) => ({
    collector: 'image-config',
    path,
    what,
    ...(what === 'mkdir' ? { type: 'directory' as const } : {}),
    detail: `${script.name}:${line}: ${text} (read, not run)`,
  }));
}

interface Script {
  readonly name: string;
  readonly text: string;
}

/** `sh -c 'TEXT'` is its own script. */
async function findScript(tree: ImageTree, words: readonly string[], path: string): Promise<Script | undefined> {
  for (const [at, word] of words.entries()) {
    const isShell = /(?:^|\/)(?:ba|da|a|k|z)?sh$/.test(word);
    if (isShell && /^-[a-z]*c$/.test(words[at + 1] ?? '')) return { name: word, text: words[at + 2] ?? '' };
    if (word.startsWith('-')) continue;
    const places = word.includes('/') ? [word] : path.split(':').map((directory) => `${directory}/${word}`);
    for (const place of places.filter((one) => one.startsWith('/'))) {
      const text = (await tree.read(place, MAX_SCRIPT_BYTES))?.toString('utf8');
      if (text !== undefined && SHELL.test(text)) return { name: place, text };
      if (text !== undefined) break;
    }
  }
  return undefined;
}
