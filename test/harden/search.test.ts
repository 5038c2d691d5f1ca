/** What the search finds on real containers: seeded directories, single capabilities, users, state, second lives, whole pods. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Hardened } from '../../src/harden/harden.ts';
import { fileMemory } from '../../src/harden/memory.ts';
import { IMAGE, shellPod, skip } from '../example.ts';
import { harden, hardened, mountPaths, settings } from './hardened.ts';

/** What the reasons of all trials say, in order. */
const reasonsOf = ({ trials }: Pick<Hardened, 'trials'>) => trials.map(({ verdict }) => verdict.reason ?? 'works');
const kept = (capabilities: readonly string[], drop: readonly string[]) => [capabilities, drop];
const ONLY_ROOT = '[ "$(id -u)" = 0 ] || { echo "must be root"; exit 3; }';

/** Ends in a script that waits; written as a workload of another kind. */
const WAIT = "trap 'exit 0' TERM QUIT; while :; do sleep 0.1; done";
const command = (script: string) => JSON.stringify(['sh', '-c', script]);

describe('the search', { skip }, () => {
  test('a shipped directory is copied: content, owner and mode are there, and what the image ships beside stays closed', async () => {
    const script = `cd /etc/nginx/snippets && for name in a b c; do rm -f $name; echo x > $name; done
test "$(stat -c '%a' /etc/nginx/snippets)" = 755 || { echo "mode is $(stat -c %a /etc/nginx/snippets)"; exit 4; }
test "$(stat -c '%u' /etc/nginx/snippets)" = "$(id -u)" || { echo "owner is $(stat -c %u /etc/nginx/snippets)"; exit 5; }
test -s /etc/nginx/snippets/fastcgi-php.conf || exit 6`;
    const { workload, text } = await hardened(shellPod(script));
    assert.deepEqual(mountPaths(workload), ['/etc/nginx/snippets']);
    assert.match(text, /subPath: content/);
    const [seed] = workload.containers;
    assert.deepEqual([seed!.role, seed!.name, seed!.image], ['init', 'seed-app', IMAGE]);
    assert.deepEqual(kept(seed!.settings.capabilitiesAdd.value, seed!.settings.capabilitiesDrop.value), [[], ['ALL']]);
  });

  test('a single file of a shipped directory is mounted alone', async () => {
    const script = 'echo "# x" >> /etc/nginx/fastcgi.conf; grep -q SCRIPT_FILENAME /etc/nginx/fastcgi.conf || exit 4';
    const { workload, text } = await hardened(shellPod(script));
    assert.deepEqual(mountPaths(workload), ['/etc/nginx/fastcgi.conf']);
    assert.match(text, /subPath: fastcgi\.conf/);
  });

  test('root that needs one capability ends with exactly that one', async () => {
    const { result, workload } = await hardened(shellPod('rm -f /srv/x; echo x > /srv/x; chown 1:1 /srv/x || exit 4'));
    const { capabilitiesAdd, capabilitiesDrop, runAsUser, readOnlyRootFilesystem } = settings(workload);
    assert.deepEqual(
      kept(capabilitiesAdd.value, capabilitiesDrop.value),
      [['CHOWN'], ['ALL']],
      reasonsOf(result).join('\n'),
    );
    assert.deepEqual([runAsUser.value, readOnlyRootFilesystem.value], [undefined, true]);
  });

  test('what only its second life needs is found in its log', async () => {
    const { result, workload } = await hardened(shellPod('echo x > /srv/x || exit 5; chown 1:1 /srv/x || exit 4'));
    const { capabilitiesAdd, capabilitiesDrop } = settings(workload);
    assert.deepEqual(
      kept(capabilitiesAdd.value, capabilitiesDrop.value),
      [['CHOWN', 'DAC_OVERRIDE'], ['ALL']],
      reasonsOf(result).join('\n'),
    );
  });

  test('root that must change its root keeps SYS_CHROOT alone', async () => {
    const { workload } = await hardened(shellPod('chroot / true || exit 4'));
    const { capabilitiesAdd, capabilitiesDrop } = settings(workload);
    assert.deepEqual(kept(capabilitiesAdd.value, capabilitiesDrop.value), [['SYS_CHROOT'], ['ALL']]);
  });

  test('files that are written into / by relative names go to a working directory of its own', async () => {
    const { workload } = await hardened(shellPod('for name in a b c; do echo x > $name || exit 4; done'));
    assert.deepEqual(mountPaths(workload), ['/petrify-work']);
    assert.equal(workload.containers[0]!.spec.workingDir, '/petrify-work');
    assert.equal(settings(workload).runAsUser.value, 65532);
  });

  test('code that is only written to be loaded later is left out, and said', async () => {
    const script = 'mkdir -p /srv/__pycache__ 2>/dev/null && echo x > /srv/__pycache__/app.pyc; true';
    const { result, workload } = await hardened(shellPod(script));
    assert.deepEqual(mountPaths(workload), []);
    assert.match(
      result.notes.join('\n'),
      /app wrote into \/srv as it was, and works without: .*code that is loaded later/,
    );
  });

  test('a pid file that is left in a volume breaks the second start; that is said, and it is removed first', async () => {
    const script = 'if [ -e /run/app.pid ]; then echo "already running?"; exit 9; fi; echo $$ > /run/app.pid';
    const { result, text } = await hardened(shellPod(script));
    assert.match(
      reasonsOf(result)[0]!,
      /^started again (on its own volumes|after a crash, on its own volumes): .*exit(ed)? (with )?code 9 \(already running\?\)/,
    );
    assert.match(text, /rm -f \/run\/app\.pid; exec/);
  });

  test('a file that is content breaks the second start, and nothing removes it', async () => {
    const script = 'if [ -e /srv/content ]; then echo "there already"; exit 9; fi; echo x > /srv/content';
    const result = await harden(shellPod(script));
    assert.equal(result.outcome, 'not-hardened');
    assert.match(
      result.outcome === 'not-hardened' ? result.obstacles.join('\n') : '',
      /as user 65532, no capability: started again .*exit(ed)? (with )?code 9 \(there already\)/,
    );
  });

  test('what has to be killed only when it is hardened does not count as working', async () => {
    const pod = shellPod('if [ "$(id -u)" != 0 ]; then trap "" TERM QUIT; while :; do sleep 0.1; done; fi').replace(
      'spec:\n',
      'spec:\n  terminationGracePeriodSeconds: 1\n',
    );
    const { result, workload } = await hardened(pod);
    assert.match(reasonsOf(result)[0]!, /ended when it was asked to before, and has to be killed now/);
    assert.equal(settings(workload).runAsUser.value, undefined);
  });

  test('the image’s user whom its process becomes is found; without --no-user it is written, with it nothing is', async () => {
    const script = `echo x > /srv/x; exec_as() { if [ "$(id -u)" = 0 ]; then setpriv --reuid 33 --regid 33 --clear-groups "$@"; else "$@"; fi; }
exec_as sh -c '[ "$(id -u)" = 33 ]' || exit 4`;
    const found = await hardened(shellPod(script));
    assert.deepEqual([settings(found.workload).runAsUser.value, settings(found.workload).runAsGroup.value], [33, 33]);
    assert.equal(settings(found.workload).runAsNonRoot.value, true);
    const keptUser = await hardened(shellPod(script), { users: 'keep' });
    assert.doesNotMatch(keptUser.text, /runAs/);
    assert.ok(keptUser.result.trials.every(({ identity }) => identity.startsWith('its own user')));
  });

  test('state: a template in a StatefulSet; a claim of its own where that is asked for; else a warning', async () => {
    const script = `echo x >> /var/lib/app.db || exit 4; ${WAIT}`;
    const container = `{ name: app, image: "${IMAGE}", command: ${command(script.replace('/var/lib/', '/var/opt/'))} }`;
    const set = await hardened(`apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: data }
spec:
  template:
    metadata: {}
    spec:
      containers: [${container}]
`);
    assert.match(set.text, /volumeClaimTemplates/);
    assert.equal((set.workload.podSpec.securityContext as { fsGroup: number }).fsGroup, 65532);
    assert.match(set.result.warnings.join(), /kubectl delete statefulset db --namespace data --cascade=orphan/);
    const pod = `apiVersion: v1
kind: Pod
metadata: { name: db }
spec:
  containers: [${container}]
`;
    const claimed = await hardened(pod, { state: 'claim' });
    assert.match(claimed.text, /persistentVolumeClaim/);
    assert.deepEqual(
      claimed.result.documents.map(({ kind, metadata }) => [kind, (metadata as { name: string }).name]),
      [['PersistentVolumeClaim', 'db-var-opt']],
    );
    assert.deepEqual(claimed.result.warnings, []);
    const plain = await hardened(pod);
    assert.match(plain.result.warnings.join(), /app keeps state in \/var\/opt: on an emptyDir it is LOST/);
  });

  test('a pod of an init container and two others that share a volume', async () => {
    const { workload } = await hardened(`apiVersion: v1
kind: Pod
metadata: { name: three }
spec:
  volumes: [{ name: shared, emptyDir: {} }]
  initContainers:
    - { name: first, image: "${IMAGE}", command: ${command('echo ready > /shared/flag && mkdir -p /var/opt/first')}, volumeMounts: [{ name: shared, mountPath: /shared }] }
  containers:
    - { name: web, image: "${IMAGE}", command: ${command(`test "$(cat /shared/flag)" = ready || exit 4; echo x > /srv/web; ${WAIT}`)}, volumeMounts: [{ name: shared, mountPath: /shared }] }
    - { name: helper, image: "${IMAGE}", command: ${command(`echo y > /shared/helper || exit 5; ${WAIT}`)}, volumeMounts: [{ name: shared, mountPath: /shared }] }
`);
    assert.deepEqual(mountPaths(workload, 'web'), ['/shared', '/srv']);
    assert.deepEqual(mountPaths(workload, 'helper'), ['/shared']);
    assert.deepEqual(mountPaths(workload, 'first'), ['/shared', '/var/opt']);
    for (const { name, settings: one } of workload.containers)
      assert.deepEqual([one.readOnlyRootFilesystem.value, one.runAsUser.value], [true, 65532], name);
  });

  test('a Job that ends', async () => {
    const { workload } = await hardened(`apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - { name: app, image: "${IMAGE}", command: ${command('echo x > /srv/x && cat /srv/x')} }
`);
    assert.deepEqual(mountPaths(workload), ['/srv']);
    assert.equal(settings(workload).runAsUser.value, 65532);
  });

  test('a database that is not here makes the result inconclusive, and is named', async () => {
    const said = 'could not translate host name "db" to address: Name or service not known';
    const result = await harden(shellPod(`echo '${said}' >&2; exit 2`));
    assert.equal(result.outcome, 'inconclusive');
    assert.deepEqual(result.outcome === 'inconclusive' && result.missing, [
      `app looked for db, which is not here: ${said}`,
    ]);
  });

  test('the same input gives the same text; a search that is resumed starts nothing twice', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'memory-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const path = join(directory, 'trials');
    const script = `${ONLY_ROOT}; rm -f /srv/x; echo x > /srv/x; chown 1:1 /srv/x || exit 4`;
    const first = await hardened(shellPod(script), { memory: fileMemory(path) });
    const lines = readFileSync(path, 'utf8');
    assert.equal(lines.trimEnd().split('\n').length, first.result.starts);
    const started: string[] = [];
    const again = await hardened(shellPod(script), {
      memory: fileMemory(path),
      progress: (line) => line.startsWith('starting') && started.push(line),
    });
    assert.deepEqual(started, []);
    assert.equal(readFileSync(path, 'utf8'), lines, 'nothing new was run');
    assert.equal(again.text, first.text);
    const anew = await hardened(shellPod(script));
    assert.equal(anew.text, first.text, 'without a memory as well');
  });
});
