/** What an image says about running it: the configuration, read through the engine. */
import type { Engine, ImageConfig } from '../engine/engine.ts';
import { Failure } from '../failure.ts';
import { completeImageName } from '../workload/image-name.ts';

export interface Image {
  readonly name: string;
  /** Content digest of the registry where the engine knows one, else the engine's own id. */
  readonly id: string;
  readonly config: ImageConfig;
  /** TCP ports that EXPOSE names. */
  readonly ports: readonly number[];
}

/** The TCP ports of `80/tcp`, `8080`, `9000-9001/tcp`; a range gives its first, UDP none. */
export function exposedTcpPorts(exposed: readonly string[]): number[] {
  const ports = exposed.flatMap((text) => {
    const match = /^(\d{1,5})(?:-\d{1,5})?(?:\/tcp)?$/.exec(text);
    const port = Number(match?.[1]);
    return port > 0 && port < 65536 ? [port] : [];
  });
  return [...new Set(ports)].sort((a, b) => a - b);
}

/**
 * Reads an image by the name that a manifest gives it, pulling it where the engine lacks it and `mayPull` is not false.
 * Throws Failure('image-missing') with the registry's reason.
 */
export async function readImage(
  engine: Engine,
  name: string,
  options: { readonly mayPull?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<Image> {
  const complete = completeImageName(name);
  let config = (await engine.image(complete)) ?? (await engine.image(name));
  let reason = 'pulling it is not allowed';
  if (config === undefined && options.mayPull !== false) {
    const pulled = await engine.pull(complete, options.signal);
    if (pulled.ok) config = await engine.image(complete);
    reason = pulled.ok ? 'the engine does not know it after pulling it' : pulled.reason;
  }
  if (config === undefined) {
    throw new Failure('image-missing', `image ${name} is not on the engine and could not be pulled: ${reason}`, {
      hint: 'check the name, or build or load the image under this very name first',
    });
  }
  return { name, id: config.digests[0] ?? config.id, config, ports: exposedTcpPorts(config.exposedPorts) };
}
