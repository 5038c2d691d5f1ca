/** The example's nginx in many shapes, and one proof of it. */

import { newRun } from '../../src/engine/runs.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import type { Proof } from '../../src/prove/proof.ts';
import { type ProveOptions, proveWorkload } from '../../src/prove/prove.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { engine, IMAGE, skip } from '../example.ts';

export { engine as connected, skip as missing };

/** The proof of one container of a pod: of the one that is named, else of the first. */
export async function proveOne(workload: Workload, options: Partial<ProveOptions> = {}, name?: string): Promise<Proof> {
  const proofs = await proveWorkload(engine!, workload, {
    run: newRun(),
    petrify: '0.0.0-test',
    documents: [],
    hostAttacks: false,
    ...options,
  });
  return proofs.find(({ workload: { container } }) => name === undefined || container === name)!;
}

const LOW_PORTS = { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] };

export interface Shape {
  readonly container: object;
  readonly pod?: object;
  /** Fields of the pod's own specification. */
  readonly spec?: object;
  /** Mounts besides the two that nginx needs. */
  readonly mounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  /** false: not even those that nginx needs. */
  readonly volumes?: boolean;
}

export function nginx({ container, pod = {}, spec = {}, mounts = [], volumes = true }: Shape): Workload {
  const volumeMounts = volumes
    ? [{ name: 'run', mountPath: '/var/run' }, { name: 'cache', mountPath: '/var/cache/nginx' }, ...mounts]
    : [];
  const value = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'nginx' },
    spec: {
      securityContext: { ...LOW_PORTS, ...pod },
      automountServiceAccountToken: false,
      ...spec,
      containers: [
        {
          name: 'nginx',
          image: IMAGE,
          securityContext: container,
          readinessProbe: { httpGet: { path: '/', port: 80 }, periodSeconds: 1 },
          volumeMounts,
        },
      ],
      volumes: volumeMounts.map(({ name }) => ({ name, emptyDir: { sizeLimit: '16Mi' } })),
    },
  };
  return findWorkloads(documentFromValue('law.yaml', value))[0]!;
}
