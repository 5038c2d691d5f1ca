/** What every package brings, whatever its format: one program, so that installing it needs a directory of programs. */
import { packTar, type TarEntry } from 'modern-tar';
import { OWN_MOUNT } from '../target.ts';

export const PACKAGE = 'petrify-proof';
export const VERSION = '1';
/** Only its being there is looked at; nothing runs it. */
export const PROGRAM = Buffer.from('#!/bin/sh\nexit 0\n');
export const SUMMARY = 'shows that a package can be installed';

/** Where the packages lie below the runner's own mount, and where that is for the container. */
export const REPOSITORIES = 'repositories';

/** The path of a package's file as the container sees it. */
export function seenAt(path: string): string {
  return `${OWN_MOUNT}/${REPOSITORIES}/${path}`;
}

/** Contents by path below the folder of all repositories. */
export type Files = ReadonlyMap<string, string | Buffer>;

export function directory(name: string): TarEntry {
  return { header: { name, size: 0, mode: 0o755, type: 'directory' } };
}

export function file(name: string, content: string | Buffer, mode = 0o644): TarEntry {
  const body = Buffer.from(content);
  return { header: { name, size: body.length, mode, type: 'file' }, body };
}

export async function tarOf(...entries: readonly TarEntry[]): Promise<Buffer> {
  return Buffer.from(await packTar([...entries]));
}
