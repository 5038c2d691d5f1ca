/** Generated docs are current, complete, and their links lead somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedFiles, staleFiles } from '../docs/generate.ts';
import { controls } from '../src/controls/index.ts';
import { attacks } from '../src/prove/attacks/index.ts';

const docs = join(import.meta.dirname, '../docs');

test('the generated docs are what the code says', async () => {
  assert.deepEqual(await staleFiles(), []);
});

test('every control and every attack has its page or section', () => {
  const files = generatedFiles();
  for (const { id, title } of controls) {
    assert.ok(files.get(`controls/${id}.md`)?.includes(`# ${title}\n`));
    assert.ok(files.get('controls/README.md')?.includes(`(${id}.md)`));
  }
  for (const { id, title, stoppedBy } of attacks) {
    assert.ok(files.get('attacks.md')?.includes(`<a id="${id}"></a>\n### ${title}\n`));
    for (const id of stoppedBy) assert.ok(files.has(`controls/${id}.md`), `${id} is no control`);
  }
});

test('links between the generated pages lead somewhere', () => {
  const files = generatedFiles();
  for (const [path, text] of files) {
    if (!path.endsWith('.md')) continue;
    for (const [, link = ''] of text.matchAll(/\]\((?!https:)([^)]+)\)/g)) {
      const [target = '', anchor] = link.split('#');
      if (target === '') {
        assert.ok(text.includes(`<a id="${anchor}"></a>`), `${path} links to ${link}`);
        continue;
      }
      const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
      assert.ok(
        files.has(`${folder}${target}`) || existsSync(join(docs, folder, target)),
        `${path} links to ${target}`,
      );
    }
  }
});

test('every error code is documented, and nothing else is', () => {
  const union = /export type FailureCode =([^;]+);/.exec(readFileSync(join(docs, '../src/failure.ts'), 'utf8'))![1]!;
  const codes = [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code).sort();
  const rows = [...readFileSync(join(docs, 'errors.md'), 'utf8').matchAll(/^\| `([a-z-]+)`/gm)]
    .map(([, code]) => code)
    .sort();
  assert.deepEqual(rows, codes);
});
