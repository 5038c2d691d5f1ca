/** Really changes the setting of this host: from a container, and from a process that is killed in the middle. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { canRestoreHost, repairHost, SETTING_PATH, withHostSetting } from '../../src/prove/host.ts';
import { missing, nginx, proveOne } from './nginx.ts';

const allowed = await canRestoreHost();
const JOURNAL = '/run/petrify/host-setting.json';
const hostValue = () => readFileSync(SETTING_PATH, 'utf8').trim();

/** A process of its own that changes the setting, says so, and then waits to be killed. */
const CHANGE_AND_HANG = `
  import { writeFileSync } from 'node:fs';
  import { SETTING_PATH, withHostSetting } from ${JSON.stringify(new URL('../../src/prove/host.ts', import.meta.url).href)};
  await withHostSetting(async ({ other }) => {
    writeFileSync(SETTING_PATH, other);
    process.stdout.write('changed');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
`;

/** Another proof that starts at this moment may be repairing already. */
const REPAIR_WAIT_MS = 2_000;

async function restored(value: string): Promise<void> {
  const end = Date.now() + REPAIR_WAIT_MS;
  while (hostValue() !== value && Date.now() < end) await setTimeout(10);
  assert.equal(hostValue(), value);
}

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

  const REPAIRS = {
    'at the next start': async () => void (await repairHost()),
    'before the next run changes it': (before: string) =>
      withHostSetting(async (setting) => assert.equal(setting.before, before)),
  };
  for (const [when, repair] of Object.entries(REPAIRS)) {
    test(`is put back ${when} when the process was killed in the middle`, async () => {
      const before = hostValue();
      const child = spawn(process.execPath, ['--input-type=module', '--eval', CHANGE_AND_HANG]);
      try {
        await once(child.stdout, 'data');
        assert.notEqual(hostValue(), before);
        assert.equal(await repairHost(), undefined, 'a run that lives is left alone');
        assert.notEqual(hostValue(), before);
        await assert.rejects(
          withHostSetting(async () => undefined, 0),
          { code: 'cannot-prove' },
        );
      } finally {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      assert.ok(existsSync(JOURNAL) || hostValue() === before);
      await repair(before);
      await restored(before);
      assert.equal(existsSync(JOURNAL), false);
    });
  }

  test('is changed by a privileged container as root, is seen on the host, and is put back', {
    skip: missing,
  }, async (t) => {
    const before = hostValue();
    const privileged = { container: { readOnlyRootFilesystem: true, privileged: true } };
    const { attempts, identity, reasons } = await proveOne(nginx(privileged), { hostAttacks: true });
    // Docker asks for every capability, which a restricted host cannot give.
    if (identity === null) return t.skip(reasons.join(' '));
    const [attempt] = attempts.filter(({ id }) => id === 'host-sysctl:vm.swappiness');
    assert.equal(attempt!.outcome, 'succeeded');
    const told = /went from (\d+) to (\d+) in the container, and the host's own value to (\d+); it was put back/;
    const [, was, inside, outside] = told.exec(attempt!.detail) ?? assert.fail(attempt!.detail);
    assert.deepEqual([was, outside], [before, inside]);
    assert.notEqual(inside, before);
    assert.equal(hostValue(), before);
    assert.equal(existsSync(JOURNAL), false);
  });

  test('is not changed by a hardened container', { skip: missing }, async () => {
    const before = hostValue();
    const container = {
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    };
    const { attempts, notAttempted } = await proveOne(nginx({ container, pod: { runAsUser: 65532 } }), {
      hostAttacks: true,
    });
    const tries = attempts.filter(({ id }) => id.startsWith('host-sysctl'));
    assert.ok(tries.length > 0 && tries.every(({ outcome }) => outcome === 'blocked'));
    assert.deepEqual(
      notAttempted.filter(({ reason }) => reason.includes('host-attacks')),
      [],
    );
    assert.equal(hostValue(), before);
  });
});
