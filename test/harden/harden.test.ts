/** Hardening on real containers: it ends in something that works, as tight as works, or says what stands in the way. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from '../../src/controls/verdict.ts';
import { Failure } from '../../src/failure.ts';
import { deploymentText, shellPod, skip } from '../example.ts';
import { harden, hardened, mountPaths, settings } from './hardened.ts';

describe('harden', { skip }, () => {
  test('nginx: exactly two volumes, its service user, no capability, immutable, in two starts; the second time nothing changes', async () => {
    const { result, workload, text } = await hardened(deploymentText);
    assert.equal(result.starts, 2);
    assert.deepEqual(mountPaths(workload), ['/run', '/var/cache/nginx']);
    assert.deepEqual([settings(workload).runAsUser.value, settings(workload).runAsGroup.value], [33, 33]);
    assert.deepEqual(settings(workload).capabilitiesDrop.value, ['ALL']);
    assert.equal(workload.podSpec.automountServiceAccountToken, false);
    assert.equal(judge(workload).verdict, 'immutable');
    const answers = result.trials.at(-1)!.observation.answered.map(({ answer }) => answer);
    assert.ok(answers.includes('HTTP 200'), answers.join());
    assert.deepEqual(
      result.profile.spec.containers[0]!.writable.map(({ path }) => path),
      ['/run', '/var/cache/nginx'],
    );
    const again = await hardened(text);
    assert.deepEqual(again.result.changes, []);
    assert.equal(again.text, text);
  });

  test('what only the new user writes is found by trying, and the user is kept', async () => {
    const script = 'if [ "$(id -u)" = 0 ]; then echo x > /srv/x; else echo x > /var/opt/x || exit 1; fi';
    const { result, workload } = await hardened(shellPod(script));
    assert.deepEqual(mountPaths(workload), ['/srv', '/var/opt']);
    assert.equal(settings(workload).runAsUser.value, 65532);
    assert.equal(result.starts, 3);
  });

  test('an application that runs on after a refused write does not count as working', async () => {
    const script = '[ "$(id -u)" = 0 ] || { echo x > /var/opt/x; echo "never mind"; }';
    const { result, workload } = await hardened(shellPod(script));
    assert.deepEqual(mountPaths(workload), ['/var/opt']);
    assert.equal(result.trials[0]!.verdict.works, false);
    assert.match(result.trials[0]!.verdict.reason ?? '', /refused to write \/var\/opt\/x/);
  });

  test('one that must be root stays root, but loses its capabilities', async () => {
    const { workload } = await hardened(shellPod('[ "$(id -u)" = 0 ] || { echo "must be root"; exit 3; }'));
    assert.equal(settings(workload).runAsUser.value, undefined);
    assert.deepEqual(settings(workload).capabilitiesDrop.value, ['ALL']);
    assert.equal(judge(workload).verdict, 'bypassable', 'and the verdict says what that means');
  });

  test('a write among files that the image ships: they are copied first, and the rest of /etc stays closed', async () => {
    const { result, workload } = await hardened(
      shellPod(
        'rm -f /etc/nginx/conf.d/x.conf; for name in x y z; do echo x > /etc/nginx/conf.d/$name.conf; done; test -s /etc/nginx/nginx.conf || exit 3',
      ),
    );
    assert.deepEqual(mountPaths(workload), ['/etc/nginx/conf.d']);
    assert.match(result.notes.join(), /app writes its configuration in \/etc\/nginx\/conf\.d: it stays mutable/);
  });

  test('what only root may write outside of any volume keeps it root', async () => {
    const { result, workload } = await hardened(shellPod('echo "127.0.0.1 me" >> /etc/hosts'));
    assert.match(result.trials[0]!.verdict.reason ?? '', /refused to write \/etc\/hosts/);
    assert.equal(settings(workload).runAsUser.value, undefined);
  });

  test('a volume where the new user cannot get to is left out, and said', async () => {
    const { result, workload } = await hardened(shellPod('mkdir -p /root/.cache 2>/dev/null; true'));
    assert.deepEqual(mountPaths(workload), []);
    assert.match(result.notes.join(), /app wrote into \/root\/\.cache as it was; user 65532 cannot get there/);
  });

  test('a low port that nothing declares is found by its socket', async () => {
    const listen =
      "perl -MIO::Socket::INET -e 'IO::Socket::INET->new(Listen => 1, LocalPort => 81) or die $!; sleep 300' & sleep 0.5";
    const { workload } = await hardened(shellPod(listen));
    assert.match(JSON.stringify(workload.podSpec.securityContext), /ip_unprivileged_port_start/);
    assert.equal(settings(workload).runAsUser.value, 65532);
  });

  test('what does not even work as it is fails with its own last words', async () => {
    const failing = harden(shellPod('echo "no licence found" >&2; exit 7'));
    await assert.rejects(failing, (error: unknown) => {
      assert.ok(error instanceof Failure && error.code === 'not-ready');
      assert.match(error.message, /exit(ed)? (with )?code 7/);
      assert.match(error.hint ?? '', /no licence found/);
      return true;
    });
  });
});
