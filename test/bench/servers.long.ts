/** The goal: every one of the twelve servers is hardened without a hint, works, and withstands the attacks. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { serverNamed, TWELVE } from '../../bench/servers/fleet.ts';
import { unaided } from '../../bench/servers/program.ts';
import { scoreServer } from '../../bench/servers/score.ts';
import { ensureImage } from '../../setup/images.ts';
import { engine, skip } from '../example.ts';

/** A minute belongs to the benchmark; what fails at once fails here as well. */
const LOAD_SECONDS = 5;

describe('twelve servers', { skip }, () => {
  const { signal } = new AbortController();
  const folder = mkdtempSync(join(tmpdir(), 'petrify-test-servers-'));
  let hardenOptions: string[] = [];
  before(async () => {
    hardenOptions = await unaided(signal);
  });
  after(() => rmSync(folder, { recursive: true }));

  for (const name of TWELVE) {
    test(name, async () => {
      const server = await serverNamed(name);
      await ensureImage(engine!, server.image);
      const own = join(folder, name);
      mkdirSync(own);
      const options = { loadSeconds: LOAD_SECONDS, hardenOptions, folder: own, signal, progress: () => {} };
      const { failed } = await scoreServer(engine!, server, options);
      assert.equal(failed, undefined);
    });
  }
});
