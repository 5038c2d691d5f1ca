import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { canRestoreHost, repairHost, SETTING_PATH, withHostSetting } from './host.ts';

const allowed = await canRestoreHost();
const JOURNAL = '/run/petrify/host-setting.json';
const hostValue = () => readFileSync(SETTING_PATH, 'utf8').trim();

/** A process of its own that changes the setting, says so, and then waits to be killed. */
const CHANGE_AND_HANG = `
  import { writeFileSync } from 'node:fs';
  import { SETTING_PATH, withHostSetting } from ${JSON.stringify(new URL('./host.ts', import.meta.url).href)};
  await withHostSetting(async ({ other }) => {
    writeFileSync(SETTING_PATH, other);
    process.stdout.write('changed');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
`;

describe('a setting of the host', { skip: allowed === true ? false : allowed }, () => {
  test('is put back after the action, and after an action that throws', async () => {
    const before = hostValue();
    const seen = await withHostSetting(async ({ other, read }) => {
      assert.ok(existsSync(JOURNAL), 'the journal is written before anything changes');
      writeFileSync(SETTING_PATH, other);
      return read();
    });
    assert.notEqual(seen, before);
    assert.equal(hostValue(), before);
    const broken = withHostSetting(async ({ other }) => {
      writeFileSync(SETTING_PATH, other);
      throw new Error('in the middle');
    });
    await assert.rejects(broken, /in the middle/);
    assert.equal(hostValue(), before);
    assert.equal(existsSync(JOURNAL), false);
  });

  test('is put back at the next start when the process was killed in the middle', async () => {
    const before = hostValue();
    const child = spawn(process.execPath, ['--input-type=module', '--eval', CHANGE_AND_HANG]);
    try {
      await once(child.stdout, 'data');
      assert.notEqual(hostValue(), before);
      assert.equal(await repairHost(), undefined, 'a run that lives is left alone');
      await assert.rejects(
        withHostSetting(async () => undefined),
        /Another run/,
      );
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    assert.notEqual(hostValue(), before, 'nobody has repaired it yet');
    assert.equal(await repairHost(), before);
    assert.equal(hostValue(), before);
    assert.equal(await repairHost(), undefined);
  });

  test('a journal that Petrify did not write is not followed', async () => {
    const before = hostValue();
    writeFileSync(JOURNAL, JSON.stringify({ path: '/proc/sys/kernel/core_pattern', value: '|/evil' }));
    try {
      await assert.rejects(repairHost(), /not one that Petrify writes/);
      assert.equal(hostValue(), before);
    } finally {
      (await import('node:fs')).rmSync(JOURNAL);
    }
  });
});
