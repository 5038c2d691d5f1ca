/** Which places the attacks on files take, and which they leave alone because they are not this container's own root. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Attack } from './attack.ts';
import preload from './attacks/preload-everywhere.ts';
import replaceBinary from './attacks/replace-binary.ts';
import selfUpdate from './attacks/self-update.ts';
import writeApplication from './attacks/write-application.ts';
import hosts from './attacks/write-hosts.ts';
import resolver from './attacks/write-resolver.ts';
import throughProc from './attacks/write-through-proc.ts';
import { targetWith, workloadOf } from './fixtures/target.ts';
import { directoriesOnRoot, inertFiles } from './image-files.ts';
import type { PathFacts, Target } from './target.ts';

const BASE = targetWith();
const ROOT_MOUNT = 1;
const ELSEWHERE = 77;

const facts = (changes: Partial<PathFacts> = {}): PathFacts => ({
  ...{ kind: 'file', size: 10, mode: 0o644, uid: 0, gid: 0, mountId: ROOT_MOUNT },
  ...changes,
});

/** undefined: the path is not there. */
function withPaths(changes: Readonly<Record<string, PathFacts | undefined>>, rest: Partial<Target> = {}): Target {
  const paths = new Map(BASE.paths);
  for (const [path, each] of Object.entries(changes)) {
    if (each === undefined) paths.delete(path);
    else paths.set(path, each);
  }
  return targetWith({ paths, ...rest });
}

const placesOf = (attack: Attack, target: Target) => attack.plan(target).tries.map(({ place }) => place);
const reasonsOf = (attack: Attack, target: Target) => attack.plan(target).skipped.map(({ reason }) => reason);

describe('inert files', () => {
  const paths = (target: Target, most = 1) => inertFiles(target, most).map(({ path }) => path);

  test('are small, have content, can be read by everybody, have no set-id bit and lie on the root', () => {
    assert.deepEqual(paths(BASE), ['/etc/issue']);
    for (const unfit of [
      { size: 0 },
      { size: 4097 },
      { mode: 0o640 },
      { mode: 0o4644 },
      { mode: 0o2644 },
      { kind: 'directory' as const },
      { mountId: ELSEWHERE },
    ]) {
      assert.deepEqual(paths(withPaths({ '/etc/issue': facts(unfit) })), ['/etc/passwd'], JSON.stringify(unfit));
    }
  });

  test('a twin takes all of them, so that those of the container are among them', () => {
    const some = { '/etc/motd': facts(), '/etc/debian_version': facts() };
    assert.equal(paths(withPaths(some), 2).length, 2);
    assert.equal(paths(withPaths(some, { twin: true }), 2).length, 4);
  });
});

test('directories are those on the root file system, each once', () => {
  assert.deepEqual(directoriesOnRoot(BASE, ['/nothing', '/run', '/etc', '/opt', '/etc'], 9), ['/etc', '/opt']);
});

test('/proc is followed only where it leads to the root of this very container, never into that of a host', () => {
  assert.deepEqual(placesOf(throughProc, BASE), ['/proc/self/root', '/proc/1/root']);
  const ofHost = withPaths({ '/proc/1/root': facts({ kind: 'directory', mountId: ELSEWHERE }) });
  assert.deepEqual(placesOf(throughProc, ofHost), ['/proc/self/root']);
  assert.ok(reasonsOf(throughProc, ofHost).some((each) => each.includes('does not lead to the root')));
  const closed = withPaths({ '/proc/1/root': undefined });
  assert.deepEqual(placesOf(throughProc, closed), ['/proc/self/root']);
});

test('the list of preloads is made where there is none, opened where there is one, and left to others where it is a mount', () => {
  const callsOf = (target: Target) =>
    preload.plan(target).tries.flatMap((each) => ('program' in each ? each.program.map(({ name }) => name) : []));
  assert.deepEqual(callsOf(BASE), ['openat', 'close', 'unlinkat']);
  assert.deepEqual(callsOf(withPaths({ '/etc/ld.so.preload': facts() })), ['openat', 'close']);
  assert.deepEqual(callsOf(withPaths({ '/etc/ld.so.preload': facts({ mountId: ELSEWHERE }) })), []);
  assert.deepEqual(callsOf(withPaths({ '/etc': facts({ kind: 'directory', mountId: ELSEWHERE }) })), []);
});

test('the resolver is tried where the runtime has mounted it, and not where the manifest has', () => {
  assert.deepEqual(placesOf(resolver, BASE), ['/etc/resolv.conf']);
  const volumes = [{ name: 'dns', configMap: { name: 'dns' } }];
  const volumeMounts = [{ name: 'dns', mountPath: '/etc/resolv.conf', subPath: 'resolv.conf' }];
  const [container] = workloadOf({ containers: [{ name: 'a', image: 'a', volumeMounts }], volumes }).containers;
  assert.deepEqual(placesOf(resolver, targetWith({ container: container! })), []);
});

test('/etc/hosts of the manifest is a volume like others where it can be written, and else not tried', () => {
  const gains = (target: Target) => hosts.plan(target).tries.map(({ gain }) => gain);
  assert.deepEqual(gains(BASE), ['succeeded']);
  const volumeMounts = [{ name: 'own', mountPath: '/etc/hosts', subPath: 'hosts' }];
  const volumes = [{ name: 'own', emptyDir: {} }];
  const container = workloadOf({ containers: [{ name: 'a', image: 'a', volumeMounts }], volumes }).containers[0]!;
  assert.deepEqual(gains(targetWith({ container })), ['residual']);
  const mounts = BASE.mounts.map((each) => (each.path === '/etc/hosts' ? { ...each, writable: false } : each));
  assert.deepEqual(gains(targetWith({ container, mounts })), []);
});

test('a script that is a mount of its own is not replaced: nobody can take that name, whatever may be written', () => {
  const scripts = ['/run.sh'];
  const there = withPaths({ '/run.sh': facts() }, { scripts });
  assert.ok(placesOf(replaceBinary, there).includes('rename:/run.sh'));
  const mounts = [...BASE.mounts, { ...BASE.mounts[0]!, id: ELSEWHERE, path: '/run.sh' }];
  const mounted = withPaths({ '/run.sh': facts({ mountId: ELSEWHERE }) }, { scripts, mounts });
  assert.equal(placesOf(replaceBinary, mounted).includes('rename:/run.sh'), false);
  assert.ok(replaceBinary.plan(mounted).skipped.some(({ place }) => place === 'rename:/run.sh'));
});

test('a program that is a mount of its own is not updated, nor one that was not found', () => {
  assert.deepEqual(placesOf(selfUpdate, BASE), ['/usr/sbin/nginx']);
  const mount = { ...BASE.mounts[0]!, id: ELSEWHERE, path: '/usr/sbin/nginx' };
  assert.deepEqual(placesOf(selfUpdate, targetWith({ mounts: [...BASE.mounts, mount] })), []);
  const unknown = { ...BASE, entrypoint: undefined };
  assert.deepEqual(reasonsOf(selfUpdate, unknown), ['the program that the container runs was not found']);
});

test('the application lies in its working directory, then where its program is', () => {
  const target = withPaths({ '/app': facts({ kind: 'directory' }) }, { image: { ...BASE.image!, workingDir: '/app' } });
  assert.deepEqual(placesOf(writeApplication, target), ['/app', '/usr/sbin', '/opt']);
});
