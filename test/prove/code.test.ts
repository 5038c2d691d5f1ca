/** Execution of what the image does not have, on containers that stop it and on others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bothWays } from './both-ways.ts';
import { missing, nginx } from './nginx.ts';

const TIGHT = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const NON_ROOT = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } };

const arenas = {
  hardened: { workload: nginx({ container: TIGHT, pod: NON_ROOT }) },
  /** The one control that is missing decides. */
  escalating: { workload: nginx({ container: { ...TIGHT, allowPrivilegeEscalation: true }, pod: NON_ROOT }) },
  /** The user namespace has a root as well, and the image's setuid-root programs belong to it. */
  escalatingInNamespace: {
    workload: nginx({
      container: { ...TIGHT, allowPrivilegeEscalation: true },
      pod: NON_ROOT,
      spec: { hostUsers: false },
    }),
  },
  plain: { workload: nginx({ container: {} }) },
  open: { workload: nginx({ container: TIGHT, pod: NON_ROOT, mounts: [{ name: 'v', mountPath: '/volume' }] }) },
  closed: {
    workload: nginx({
      container: TIGHT,
      pod: NON_ROOT,
      mounts: [{ name: 'v', mountPath: '/volume', readOnly: true }],
    }),
  },
};

const proofs = bothWays<keyof typeof arenas>('code', arenas, {
  'drop-and-run': { beats: 'open', fails: 'closed', place: /^\/volume$/ },
  'escalate-by-setuid': { beats: 'escalating', fails: 'hardened' },
  'overwrite-library': { beats: 'plain', fails: 'hardened' },
  'preload-library': { beats: 'hardened' },
  'run-by-loader': { beats: 'hardened' },
  'run-deleted-file': { beats: 'hardened' },
  'run-from-memory': { beats: 'hardened' },
  'run-script': { beats: 'hardened' },
  'setuid-file': { beats: 'plain', fails: 'hardened' },
  'write-dev': { beats: 'plain', fails: 'hardened' },
});

test('what stopped an escalation is named: no new privileges', { skip: missing }, () => {
  const { attempts } = proofs.get('hardened')!;
  const own = attempts.filter(({ id }) => id.startsWith('escalate-by-setuid:'));
  assert.deepEqual(
    own.map(({ errno, layer }) => [errno, layer]),
    [['EPERM', 'no new privileges']],
  );
});

test('a container that lets its user become root is bypassable, and the specification says so as well', {
  skip: missing,
}, () => {
  const { verdict, reasons } = proofs.get('escalating')!;
  assert.equal(verdict, 'bypassable');
  assert.ok(!reasons.some((each) => each.includes('contradicts')));
});

test('in a user namespace of the pod’s own its root is become all the same', { skip: missing }, () => {
  const { attempts, verdict, differences } = proofs.get('escalatingInNamespace')!;
  if (differences.some((each) => each.startsWith('hostUsers:'))) return;
  const [own] = attempts.filter(({ id }) => id.startsWith('escalate-by-setuid:'));
  assert.deepEqual([own?.outcome, verdict], ['succeeded', 'bypassable'], own?.detail ?? 'not made');
});
