/** What an image has to copy its own files with. */
import type { ImageTree } from './layout.ts';

/** `sh`: a shell and `cp`; `cp`: that alone. */
export type Tools = 'sh' | 'cp' | 'none';

/** Where the runtime looks for a command in every image. */
const FOLDERS = ['/bin', '/usr/bin'];

export async function toolsOf(tree: Pick<ImageTree, 'resolve' | 'stat'>): Promise<Tools> {
  if (!(await has(tree, 'cp'))) return 'none';
  return (await has(tree, 'sh')) ? 'sh' : 'cp';
}

async function has(tree: Pick<ImageTree, 'resolve' | 'stat'>, name: string): Promise<boolean> {
  for (const folder of FOLDERS) {
    const stat = await tree.stat(await tree.resolve(`${folder}/${name}`));
    if (stat?.type === 'file' && (stat.mode & 0o111) !== 0) return true;
  }
  return false;
}
