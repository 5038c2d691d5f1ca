/** A pod around a bare image, so that `petrify observe nginx` is the same as observing a manifest. */
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import type { Workload } from '../workload/workload.ts';

/** Longest name of a container: a DNS label. */
const MAX_LABEL = 63;

/** `registry/team/My_App:1` → `my-app`. */
export function nameForImage(image: string): string {
  const last = image.split('@', 1)[0]?.split('/').at(-1)?.split(':', 1)[0] ?? '';
  const label = last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LABEL)
    .replace(/^-+|-+$/g, '');
  return label === '' ? 'image' : label;
}

/**
 * The Pod that Kubernetes would run for `kubectl run NAME --image=IMAGE`.
 * @param ports what the image exposes; they are declared so that they are waited for and asked.
 */
export function podForImage(image: string, ports: readonly number[] = []): Workload {
  const name = nameForImage(image);
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name, image, ports: ports.map((containerPort) => ({ containerPort })) }] },
  };
  const workload = findWorkloads(documentFromValue(`image ${image}`, pod))[0];
  if (workload === undefined) throw new Error('a Pod is a workload');
  return workload;
}
