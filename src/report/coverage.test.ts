/** Whether a proof covers, as text: grouped by container, and nothing that a stranger wrote moves the cursor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Coverage } from '../prove/covers.ts';
import { renderCoverageJson, renderCoverageText } from './coverage.ts';
import { RAW, TRAPS } from './parsers.fixture.ts';
import { styleFor } from './style.ts';

const COVERAGE: Coverage = {
  schema: 'petrify.dev/coverage/v1alpha1',
  covers: false,
  reasons: [
    { kind: 'form', workload: null, container: null, message: 'The proof is odd.' },
    { kind: 'image', workload: 'Pod web', container: 'web', message: 'The image changed.' },
    { kind: 'mount', workload: 'Pod web', container: 'web', message: 'A mount was added.' },
    { kind: 'container', workload: 'Pod web', container: null, message: 'A container was added.' },
  ],
  notes: ['It was proven in a sandbox.'],
};

test('reasons stand under the container that they are about', () => {
  const text = renderCoverageText(COVERAGE, styleFor(false));
  assert.equal(
    text,
    `  ✗ The proof is odd.

Pod web, container web
  ✗ The image changed.
  ✗ A mount was added.

Pod web
  ✗ A container was added.

It was proven in a sandbox.

The proof does not cover the manifest: 4 reasons.
`,
  );
  assert.equal(stripVTControlCharacters(renderCoverageText(COVERAGE, styleFor(true))), text);
  const covered = { ...COVERAGE, covers: true, reasons: [], notes: [] };
  assert.equal(renderCoverageText(covered, styleFor(false)), 'The proof covers the manifest.\n');
});

test('strangers’ words come out harmless', () => {
  for (const words of TRAPS) {
    const reasons = [{ kind: 'image', workload: words, container: words, message: words }] as const;
    const coverage = { ...COVERAGE, reasons, notes: [words] };
    assert.doesNotMatch(renderCoverageText(coverage, styleFor(false)), RAW);
    assert.doesNotMatch(renderCoverageJson(coverage), RAW);
    assert.deepEqual(JSON.parse(renderCoverageJson(coverage)), coverage);
  }
});
