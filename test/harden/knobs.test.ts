/** A setting instead of a volume, by running it: used where it works, left out by --no-catalog, given up where it does not help. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { petrify } from '../cli/program.ts';
import { shellPod, skip } from '../example.ts';

/** What npm does: it logs below its home unless it is told to keep no logs. */
const LOGS = 'mkdir -p /opt/app/.npm/_logs && echo started > /opt/app/.npm/_logs/debug.log';
const harden = (script: string, ...more: string[]) =>
  petrify(['harden', '-', ...more], { stdin: shellPod(`set -e\n${script}`) });

describe('knobs', { skip }, () => {
  test('an application that obeys the setting gets no volume', async () => {
    const { out, err } = await harden(`[ "$npm_config_logs_max" = 0 ] || { ${LOGS}; }`);
    assert.match(out, /^\+ +- name: npm_config_logs_max\n\+ +value: "0"$/m, err);
    assert.doesNotMatch(out, /volumeMounts/);
    assert.match(out, /readOnlyRootFilesystem: true/);
  });

  test('without the catalogue it gets the volume', async () => {
    const { out, err } = await harden(`[ "$npm_config_logs_max" = 0 ] || { ${LOGS}; }`, '--no-catalog');
    assert.doesNotMatch(out, /^\+.*npm_config/m, err);
    assert.match(out, /^\+ +mountPath: \/opt$/m);
  });

  test('an application that writes all the same gets the volume, and no setting that does nothing', async () => {
    const { out, err } = await harden(LOGS);
    assert.match(out, /^\+ +mountPath: \/opt$/m, err);
    assert.doesNotMatch(out, /^\+.*npm_config/m);
  });
});
