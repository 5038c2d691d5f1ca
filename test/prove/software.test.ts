/** Package managers: each installs a package on a writable root, and none on a read-only one. */
import { ensureImage } from '../../setup/images.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { bothWays } from './both-ways.ts';
import { connected } from './nginx.ts';

const IMAGE = { name: 'localhost/petrify/test-software', tag: '1', folder: 'test/prove/software' };

const missing =
  connected === undefined
    ? 'no engine answers'
    : await ensureImage(connected, IMAGE).then(
        () => false as const,
        (error: Error) => `the image of the package managers could not be built: ${error.message}`,
      );

function waiting(securityContext: object): Workload {
  const container = {
    name: 'app',
    image: `${IMAGE.name}:${IMAGE.tag}`,
    securityContext,
    readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
  };
  const spec = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [container] };
  return findWorkloads(
    documentFromValue('software.yaml', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'software' }, spec }),
  )[0]!;
}

bothWays(
  'software',
  {
    writable: { workload: waiting({}) },
    readOnly: { workload: waiting({ readOnlyRootFilesystem: true }) },
  },
  {
    'install-apk': { beats: 'writable', fails: 'readOnly', skip: 'nothing in Debian has apk' },
    'install-apt': { beats: 'writable', fails: 'readOnly' },
    'install-gem': { beats: 'writable', fails: 'readOnly' },
    'install-npm': { beats: 'writable', fails: 'readOnly' },
    'install-pip': { beats: 'writable', fails: 'readOnly' },
    'install-rpm': { beats: 'writable', fails: 'readOnly' },
  },
  missing,
);
