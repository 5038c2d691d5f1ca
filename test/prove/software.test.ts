/** Package managers: each installs a package on a writable root, and none on a read-only one. */
import { ensureImage } from '../../setup/images.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { type Arena, bothWays } from './both-ways.ts';
import { connected } from './nginx.ts';

const IMAGE = { name: 'localhost/petrify/test-software', tag: '1', folder: 'test/prove/software' };

const missing =
  connected === undefined
    ? 'no engine answers'
    : await ensureImage(connected, IMAGE).then(
        () => false as const,
        (error: Error) => `the image of the package managers could not be built: ${error.message}`,
      );

/** Debian has no apk: a test machine may name an image that has, such as Alpine's. */
const apkImage = process.env.PETRIFY_TEST_APK_IMAGE;
const noApk = apkImage === undefined && 'PETRIFY_TEST_APK_IMAGE names no image with apk';

function waiting(securityContext: object, image = `${IMAGE.name}:${IMAGE.tag}`): Workload {
  const container = {
    name: 'app',
    image,
    command: ['sleep', '3600'],
    securityContext,
    readinessProbe: { exec: { command: ['true'] }, periodSeconds: 1 },
  };
  const metadata = { name: 'software' };
  const spec = { automountServiceAccountToken: false, terminationGracePeriodSeconds: 0, containers: [container] };
  return findWorkloads(documentFromValue('software.yaml', { apiVersion: 'v1', kind: 'Pod', metadata, spec }))[0]!;
}

const READ_ONLY = { readOnlyRootFilesystem: true };
const software = { writable: { workload: waiting({}) }, readOnly: { workload: waiting(READ_ONLY) } };
const alpine = {
  writableAlpine: { workload: waiting({}, apkImage) },
  readOnlyAlpine: { workload: waiting(READ_ONLY, apkImage) },
};
type Name = keyof typeof software | keyof typeof alpine;
const arenas = { ...software, ...(noApk === false ? alpine : {}) } as Readonly<Record<Name, Arena>>;

const onSoftware = { beats: 'writable', fails: 'readOnly' } as const;

bothWays<Name>(
  'software',
  arenas,
  {
    'install-apk': noApk === false ? { beats: 'writableAlpine', fails: 'readOnlyAlpine' } : { notHere: noApk },
    'install-apt': onSoftware,
    'install-gem': onSoftware,
    'install-into-volume': { beats: 'readOnly' },
    'install-npm': onSoftware,
    'install-pip': onSoftware,
    'install-rpm': onSoftware,
  },
  missing,
);
