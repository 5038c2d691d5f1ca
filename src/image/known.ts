/** What is known of images before manifests are judged: from files, or from what an engine has already. Nothing is pulled or run. */
import type { Engine } from '../engine/engine.ts';
import type { ImageFacts } from '../workload/image-facts.ts';
import { openImageTree } from './layout.ts';
import { userOf } from './user.ts';

/** Images of one engine: a developer's machine has a few hundred. */
const MAX_IMAGES = 2_000;

/**
 * The images that an engine has, by their complete names and by digest. Where a USER is a name, its number is read from the
 * image's own files, through a container that is created, never started, and removed.
 */
export async function engineImages(engine: Engine, run: string): Promise<ReadonlyMap<string, ImageFacts>> {
  const facts = new Map<string, ImageFacts>();
  for (const name of (await engine.imageNames()).slice(0, MAX_IMAGES)) {
    const config = await engine.image(name);
    if (config === undefined) continue;
    const { user, volumes, digests } = config;
    const uid = /^(?:[0-9]*|root)(?::|$)/.test(user) ? undefined : await uidOf(engine, name, user, run);
    const known = uid === undefined ? { user, volumes } : { user, volumes, uid };
    for (const one of [name, ...digests]) facts.set(one, known);
  }
  return facts;
}

async function uidOf(engine: Engine, name: string, user: string, run: string): Promise<number | undefined> {
  const tree = await openImageTree(engine, { name }, run);
  try {
    return (await userOf(tree, user))?.uid;
  } finally {
    await tree.close();
  }
}
