/** Small images for the engine tests, built on the example's base through the engine's own build API. */
import { packTar } from 'modern-tar';
import { addressOf } from '../../src/engine/address.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { stream } from '../../src/engine/http.ts';

/** Debian with nginx: a shell, coreutils, tar and perl. */
export const BASE_IMAGE = 'localhost/petrify/nginx:1';

/** Builds an image from the lines after FROM, if it is not there yet. Returns its name. */
export async function builtImage(engine: Engine, name: string, ...lines: readonly string[]): Promise<string> {
  const tag = `localhost/petrify/test-${name}:1`;
  if (await engine.image(tag)) return tag;
  const body = Buffer.from([`FROM ${BASE_IMAGE}`, ...lines, ''].join('\n'));
  const tar = await packTar([{ header: { name: 'Dockerfile', size: body.length, mode: 0o644 }, body }]);
  const path = `/build?${new URLSearchParams({ t: tag, networkmode: 'none' })}`;
  const address = addressOf(engine.info.address, process.env);
  const response = await stream(address, { method: 'POST', path, body: Buffer.from(tar), timeoutMs: 120_000 });
  let said = '';
  for await (const chunk of response) said += String(chunk);
  if (!(await engine.image(tag))) throw new Error(`image ${tag} was not built: ${said}`);
  return tag;
}
