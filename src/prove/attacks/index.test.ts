/** The catalogue is the folder, and no attack opens a device or leaves its own names. */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { controls } from '../../controls/index.ts';
import { targetWith } from '../fixtures/target.ts';
import { assemble } from '../probe/assemble.ts';
import { everyCall } from '../probe/program.ts';
import { MS_RDONLY, O_EXCL } from '../probe/syscalls.ts';
import { attacks } from './index.ts';

const targets = [
  targetWith(),
  targetWith({ twin: true }),
  targetWith({ hostAttacks: true }),
  targetWith({ architecture: 'arm64' }),
  targetWith({ outside: { live: false, port: 80 } }),
  targetWith({ outside: { live: true, port: undefined } }),
];
const plans = targets.flatMap((target) => attacks.map((attack) => ({ target, attack, plan: attack.plan(target) })));
const programs = plans.flatMap(({ target, plan }) =>
  plan.tries.flatMap((each) => ('program' in each ? [{ target, program: each.program, try: each }] : [])),
);

test('the catalogue is the folder, sorted', () => {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).map((file) => file.replace(/\.ts$/, ''));
  const expected = files.filter((name) => !name.startsWith('index')).sort();
  assert.deepEqual(
    attacks.map(({ id }) => id),
    expected,
  );
});

test('every attack says what it is, why, by which technique, and which controls stop it', () => {
  const known = new Set(controls.map(({ id }) => id));
  for (const { id, title, why, technique, stoppedBy } of attacks) {
    assert.match(technique, /^T\d{4}(\.\d{3})?$/, id);
    assert.ok(title.length > 10 && why.length > 40 && why.endsWith('.'), id);
    assert.deepEqual(
      stoppedBy.filter((control) => !known.has(control)),
      [],
      id,
    );
  }
});

test('every attack has something to try on an ordinary container, each place once', () => {
  for (const { target, attack, plan } of plans) {
    const inCluster = target.outside !== undefined;
    if (inCluster === (attack.family === 'outside') && target.outside?.live !== true)
      assert.ok(plan.tries.length > 0, attack.id);
    const places = [...plan.tries, ...plan.skipped].map(({ place }) => place);
    assert.equal(new Set(places).size, places.length, `${attack.id}: ${places}`);
  }
});

test('from outside nothing is tried where there is no cluster, and only what is harmless in a pod that serves', () => {
  for (const { target, attack, plan } of plans.filter(({ attack }) => attack.family === 'outside')) {
    if (target.outside === undefined) assert.equal(plan.skipped[0]?.reason, 'needs --engine kubernetes', attack.id);
    if (target.outside?.live === true) assert.equal(plan.tries.length > 0, attack.harmless, attack.id);
    for (const each of plan.tries) assert.ok('act' in each && each.harmlessly !== undefined, attack.id);
  }
});

test('the places of a container are places of its twin', () => {
  for (const attack of attacks) {
    const twins = new Set(attack.plan(targetWith({ twin: true })).tries.map(({ place }) => place));
    for (const { place } of attack.plan(targetWith()).tries) assert.ok(twins.has(place), `${attack.id}:${place}`);
  }
});

/** What may be opened below /dev without being created: an ordinary file, whatever its place. */
const OPENED_IN_DEV = ['/dev/termination-log'];

test('no device is ever opened: below /dev only new files are', () => {
  for (const { program } of programs) {
    for (const { name, args } of everyCall(program)) {
      const path = args[1];
      if (name !== 'openat' || typeof path !== 'string') continue;
      assert.notEqual(path, '/watchdog');
      if (!path.startsWith('/dev/')) continue;
      assert.ok(OPENED_IN_DEV.includes(path) || (Number(args[2]) & O_EXCL) !== 0, path);
    }
  }
});

test('every program assembles, its decisive calls are its own, and what it creates it removes', () => {
  for (const { target, program, try: tried } of programs) {
    assert.ok(assemble(program, target.architecture).length < 4096, tried.place);
    for (const each of tried.decisive) assert.ok(everyCall(program).includes(each), tried.place);
    const made = program.filter(
      ({ name, args }) => name === 'mknodat' || (name === 'openat' && (Number(args[2]) & O_EXCL) !== 0),
    );
    const removed = program.filter(({ name }) => name === 'unlinkat').map(({ args }) => args[1]);
    assert.deepEqual(
      made.map(({ args }) => args[1]).filter((path) => !removed.includes(path)),
      [],
    );
  }
});

test('without permission the host is never written to, and a twin never is', () => {
  for (const target of [targetWith(), targetWith({ twin: true, hostAttacks: true })]) {
    const sysctl = attacks.find(({ id }) => id === 'host-sysctl')!.plan(target);
    for (const each of sysctl.tries) {
      assert.ok('program' in each);
      assert.equal(
        everyCall(each.program).some(({ name }) => name === 'write'),
        false,
      );
    }
  }
});

test('remounting means nothing on a writable root, and a twin gets a read-only one first', () => {
  const remount = attacks.find(({ id }) => id === 'remount-root')!;
  const { mounts } = targetWith();
  const writable = { mounts: mounts.map((each) => (each.path === '/' ? { ...each, writable: true } : each)) };
  assert.deepEqual(remount.plan(targetWith(writable)).tries, []);
  const twins = remount.plan(targetWith({ ...writable, twin: true })).tries;
  assert.equal(twins.length, 2);
  for (const each of twins) {
    assert.ok('program' in each);
    const [first] = each.program;
    assert.equal(first!.name, 'mount');
    assert.equal(Number(first!.args[3]) & MS_RDONLY, MS_RDONLY);
    assert.equal(each.decisive.includes(first!), false);
  }
});
