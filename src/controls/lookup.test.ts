/** Every name that people have for a control finds it, however they write it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { controls } from './index.ts';
import { controlsNamed, foreignIds, nearestName, whyLeftOut } from './lookup.ts';
import { notOurs } from './not-ours.ts';

const named = (name: string): string =>
  controlsNamed(name, controls)
    .map(({ id }) => id)
    .join(' ');

test('the read-only root by each of its names', () => {
  const names = [
    ...['read-only-root-filesystem', 'READ-ONLY-ROOT-FILESYSTEM', 'readOnlyRootFilesystem', 'ckv_k8s_22', 'CKV_K8S_22'],
    ...[
      'C-0017',
      'c-0017',
      'KSV-0014',
      'ksv014',
      'KSV014',
      'AVD-KSV-0014',
      'avd-ksv-0014',
      'Trivy: KSV-0014',
      'trivy ksv14',
    ],
    ...['no-read-only-root-fs', 'require-ro-rootfs', 'notReadOnlyRootFilesystem', 'K8sPSPReadOnlyRootFilesystem'],
    ...['container-security-context-readonlyrootfilesystem', 'NSA/CISA: immutable container file systems'],
  ];
  for (const name of names) assert.equal(named(name), 'read-only-root-filesystem', name);
});

test('an id that several controls share names all of them, and numbers are not mixed up', () => {
  assert.equal(named('CIS 5.2.2'), 'namespace-enforcement privileged');
  assert.equal(named('cis kubernetes benchmark v1.8: 5.2.2'), 'namespace-enforcement privileged');
  assert.equal(named('CIS 5.22'), '');
  assert.equal(named('C-17'), 'read-only-root-filesystem');
  assert.equal(named('C-0170'), '');
  assert.equal(named('CKV_K8S_2'), '');
  assert.equal(named(''), '');
  assert.equal(named('x'.repeat(100_000)), '');
});

test('every foreign id of every control finds it', () => {
  for (const control of controls)
    for (const { source, id } of foreignIds(control)) {
      assert.ok(source.length > 0 && id.length > 0, `${control.id}: ${source}: ${id}`);
      assert.ok(controlsNamed(id, controls).includes(control), `${control.id}: ${id}`);
      assert.ok(controlsNamed(`${source}: ${id}`, controls).includes(control), `${control.id}: ${source}: ${id}`);
    }
});

test('what is left out is nobody’s alias, and says why', () => {
  for (const { ids } of notOurs)
    for (const id of ids) {
      assert.equal(named(id), '', id);
      assert.ok(whyLeftOut(id));
    }
  assert.equal(whyLeftOut('CKV_K8S_22'), undefined);
});

test('an unknown name has a near one', () => {
  assert.equal(nearestName('read-only-rot', controls), 'read-only-root-filesystem');
  assert.equal(nearestName('privleged', controls), 'privileged');
  assert.equal(nearestName('require-ro-rootfs2', controls), 'require-ro-rootfs');
  assert.equal(nearestName('CKV_K8S_9999', controls), undefined);
});
