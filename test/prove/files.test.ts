/** The attacks on files: each changes a writable root and is refused by a read-only one, whoever makes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../../src/manifest/read.ts';
import { assemble } from '../../src/prove/probe/assemble.ts';
import { call } from '../../src/prove/probe/program.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { builtImage } from '../engine/images.ts';
import { type BothWays, bothWays } from './both-ways.ts';
import { connected, missing, nginx } from './nginx.ts';

const TIGHT = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const NON_ROOT = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };

const pod = (image: string, securityContext: object) =>
  findWorkloads(
    documentFromValue('files.yaml', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'files' },
      spec: {
        automountServiceAccountToken: false,
        containers: [{ name: 'app', image, securityContext }],
      },
    }),
  )[0]!;

/** Stores of certificates and a linker's list, which the example's image does not have, and a service that waits. */
const furnished = async () =>
  builtImage(
    connected!,
    'furnished',
    'RUN mkdir -p /etc/ssl/certs /app && echo bundle > /etc/ssl/certs/ca-certificates.crt && touch /etc/ld.so.preload',
    'WORKDIR /app',
    'CMD ["sleep", "600"]',
  );

/** An image of a single program, without a shell, /etc or anything else. */
const bare = async () => {
  const waits = assemble([call('ppoll', 0, 0, 0, 0)], process.arch as 'x64' | 'arm64').toString('base64');
  return builtImage(
    connected!,
    'bare',
    `RUN echo ${waits} | base64 -d > /wait && chmod 755 /wait`,
    'FROM scratch',
    'COPY --from=0 /wait /wait',
    'CMD ["/wait"]',
  );
};

const [FURNISHED, BARE] = missing === false ? [await furnished(), await bare()] : ['', ''];

const ARENAS = {
  writable: { workload: pod(FURNISHED, {}) },
  readOnly: { workload: pod(FURNISHED, { readOnlyRootFilesystem: true }) },
  nonRoot: { workload: pod(FURNISHED, { ...TIGHT, ...NON_ROOT }) },
  hardened: { workload: nginx({ container: { ...TIGHT, readOnlyRootFilesystem: true }, pod: NON_ROOT }) },
  bare: { workload: pod(BARE, { ...TIGHT, ...NON_ROOT, readOnlyRootFilesystem: true }) },
};

type Name = keyof typeof ARENAS;

/** The read-only root alone, with uid 0 and every default capability. */
const BY_READ_ONLY_ROOT = { beats: 'writable', fails: 'readOnly' } as const;

const TABLE: Readonly<Record<string, BothWays<Name>>> = {
  'append-to-file': BY_READ_ONLY_ROOT,
  'change-mode': BY_READ_ONLY_ROOT,
  'change-owner': BY_READ_ONLY_ROOT,
  'copy-in': BY_READ_ONLY_ROOT,
  'copy-through-shell': BY_READ_ONLY_ROOT,
  'delete-file': BY_READ_ONLY_ROOT,
  'edit-accounts': BY_READ_ONLY_ROOT,
  'hard-link': BY_READ_ONLY_ROOT,
  'make-directory': BY_READ_ONLY_ROOT,
  'overwrite-file': BY_READ_ONLY_ROOT,
  'plant-certificate': BY_READ_ONLY_ROOT,
  'plant-library': BY_READ_ONLY_ROOT,
  'plant-start-up': BY_READ_ONLY_ROOT,
  'preload-everywhere': BY_READ_ONLY_ROOT,
  'rename-file': BY_READ_ONLY_ROOT,
  'replace-binary': BY_READ_ONLY_ROOT,
  'self-update': BY_READ_ONLY_ROOT,
  'set-extended-attribute': BY_READ_ONLY_ROOT,
  'symbolic-link': BY_READ_ONLY_ROOT,
  'truncate-file': BY_READ_ONLY_ROOT,
  'write-application': BY_READ_ONLY_ROOT,
  'write-home': BY_READ_ONLY_ROOT,
  // The kubelet's file stays writable for uid 0.
  'write-hosts': { beats: 'readOnly', fails: 'hardened' },
  'write-resolver': BY_READ_ONLY_ROOT,
  'write-root': BY_READ_ONLY_ROOT,
  'write-through-proc': BY_READ_ONLY_ROOT,
  'write-through-symlink': BY_READ_ONLY_ROOT,
};

const proofs = bothWays('files', ARENAS, TABLE);

test('what the furnished image has is tried: its store, its bundle, its list of preloads, its own directory', {
  skip: missing,
}, () => {
  const { attempts } = proofs.get('writable')!;
  const places = attempts.filter(({ outcome }) => outcome === 'succeeded').map(({ id }) => id);
  for (const id of [
    'plant-certificate:/etc/ssl/certs',
    'plant-certificate:/etc/ssl/certs/ca-certificates.crt',
    'preload-everywhere:/etc/ld.so.preload',
    'write-application:/app',
  ]) {
    assert.ok(places.includes(id), `${id} is not among ${places}`);
  }
});

test('a self-update runs the new version, and puts the former back', { skip: missing }, () => {
  const update = proofs.get('writable')!.attempts.find(({ id }) => id.startsWith('self-update:'));
  assert.match(update?.detail ?? '', /put back at once; it was executed$/);
});

test('in an image of a single program the attacks that need nothing else are made, and the others say why not', {
  skip: missing,
}, () => {
  const { attempts, notAttempted, verdict, reasons } = proofs.get('bare')!;
  assert.deepEqual([verdict, reasons], ['proven', []]);
  const made = new Set(attempts.filter(({ family }) => family === 'files').map(({ id }) => id.split(':', 1)[0]!));
  for (const id of ['write-root', 'make-directory', 'change-mode', 'self-update', 'write-through-proc']) {
    assert.ok(made.has(id), `${id} was not made`);
  }
  for (const id of ['delete-file', 'edit-accounts', 'copy-in:kubectl-cp', 'copy-through-shell:cat']) {
    assert.ok(
      notAttempted.some((each) => each.id === id),
      `${id} is neither made nor said to be skipped`,
    );
  }
});
