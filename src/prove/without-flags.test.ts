/** A proof tells nobody of flags that `petrify prove` does not have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manifestDifferences } from '../engine/differences.ts';
import { workloadOf } from './fixtures/target.ts';
import { withoutFlags } from './without-flags.ts';

test('the flags of other commands are left out, and nothing else', () => {
  const workload = workloadOf({
    hostPID: true,
    hostIPC: true,
    hostNetwork: true,
    containers: [{ name: 'a', image: 'a' }],
  });
  const said = manifestDifferences(workload, { name: 'podman', local: true }, {});
  assert.ok(said.some((sentence) => sentence.includes('--allow-host-namespace')));
  for (const sentence of said.map(withoutFlags)) {
    assert.doesNotMatch(sentence, /--/);
    assert.match(sentence, /\.$/);
  }
  const given =
    "Volume a (x) is the host's /a in Kubernetes; an empty file stands in (--allow-host-path a gives the real one).";
  assert.equal(withoutFlags(given), "Volume a (x) is the host's /a in Kubernetes; an empty file stands in.");
  assert.equal(withoutFlags('It ends (as all do).'), 'It ends (as all do).');
});
