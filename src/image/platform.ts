/** Chooses among an index's manifests: this machine's platform first, as an engine here would. */
import { objectOr } from '../workload/value.ts';

/** Node's names of architectures, where they are not the OCI's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** Best first; attestations (`unknown/unknown`) and other systems than Linux are left out. What names no platform may be any. */
export function byPlatform(descriptors: readonly unknown[], arch: string = process.arch): readonly unknown[] {
  const wanted = ARCHITECTURES[arch] ?? arch;
  const rank = (descriptor: unknown): number => {
    const platform = objectOr(objectOr(descriptor).platform);
    if (platform.architecture === undefined) return 1;
    return platform.architecture === wanted ? 0 : 2;
  };
  return descriptors
    .filter((descriptor) => {
      const { os } = objectOr(objectOr(descriptor).platform);
      return os === undefined || os === 'linux';
    })
    .sort((a, b) => rank(a) - rank(b));
}
