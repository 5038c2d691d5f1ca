/** What an engine's images declare, and what the same image declares once it is saved. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newRun } from '../../src/engine/runs.ts';
import { engineImages } from '../../src/image/known.ts';
import { engine, IMAGE, skip } from '../example.ts';

test('the images of an engine by complete name, and nothing left behind', { skip }, async () => {
  const run = newRun();
  const images = await engineImages(engine!, run);
  assert.deepEqual(images.get(IMAGE)?.volumes, []);
  assert.equal(images.get(IMAGE)?.user, '');
  assert.deepEqual((await engine!.labelled(run)).containers, []);
});
