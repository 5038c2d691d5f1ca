/** Layers as tar archives, and what a tree says of itself, for tests of images without an engine. */
import { Readable } from 'node:stream';
import { packTar } from 'modern-tar';
import { indexLayers } from './layers.ts';
import type { ImageTree } from './layout.ts';

export interface Packed {
  readonly name: string;
  readonly body?: string;
  readonly type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character-device';
  readonly linkname?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export async function layer(...entries: readonly Packed[]): Promise<Buffer> {
  const packed = entries.map(({ body, ...header }) => ({
    header: { type: 'file' as const, ...header, size: Buffer.byteLength(body ?? '') },
    ...(body === undefined ? {} : { body }),
  }));
  return Buffer.from(await packTar(packed));
}

export async function treeOf(...layers: readonly Buffer[]): Promise<ImageTree> {
  const open = async (at: number) => ({ bytes: Readable.from([layers[at]!], { objectMode: false }) });
  return (await indexLayers(layers.length, open, 'test')).tree;
}

/** Every path below `/` that is no directory. */
export async function filesOf(tree: ImageTree): Promise<readonly string[]> {
  return (await tree.directory('/'))!.names;
}
