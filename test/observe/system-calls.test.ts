/** What real containers are refused, and what they use capabilities for; each case is one start of one pod. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { release } from 'node:os';
import { describe, it, test } from 'node:test';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newRun } from '../../src/engine/runs.ts';
import { sandboxHost } from '../../src/host/sandbox.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import { type ContainerObservation, observeWorkload } from '../../src/observe/observe.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { BASE_IMAGE } from '../engine/images.ts';

const NO_CAPABILITIES = { capabilities: { drop: ['ALL'] } };

/** A container that runs a script, then waits to be stopped (by SIGQUIT: the base image says so). */
const shell = (name: string, script: string, securityContext: object = {}) => ({
  name,
  image: BASE_IMAGE,
  command: ['sh', '-c', `trap 'exit 0' TERM QUIT\n${script}\nwhile :; do sleep 0.1; done`],
  securityContext,
});

const [major = 0, minor = 0] = release().split('.').map(Number);
const tellsCapabilities = major > 6 || (major === 6 && minor >= 14);

/** Programs opened by this process in the kernel. */
const programs = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /bpf/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;

function cases(engine: Engine): void {
  const observe = async (...containers: object[]): Promise<readonly ContainerObservation[]> => {
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec: { containers } };
    return observePod(pod);
  };
  const observePod = async (pod: object, complete = true): Promise<readonly ContainerObservation[]> => {
    const workload = findWorkloads(documentFromValue('pod.yaml', pod))[0]!;
    const { containers } = await observeWorkload(sandboxHost(engine), workload, {
      run: newRun(),
      documents: [],
      seconds: 0.3,
    });
    assert.equal(programs(), 0, 'nothing stays in the kernel');
    for (const { coverage, name } of complete ? containers : [])
      assert.deepEqual(
        coverage.collectors.filter(({ collector }) => collector === 'system-calls'),
        [{ collector: 'system-calls', ran: true }],
        name,
      );
    return containers;
  };
  const refusedIn = ({ refused }: ContainerObservation) =>
    refused
      .filter(({ collector }) => collector === 'system-calls')
      .map(({ path, errno, type, detail }) => [detail.replace(/\(.*/s, ''), path, errno, type].join(' '));
  const used = ({ privileged }: ContainerObservation) =>
    privileged.map(({ call, capability, errno, detail }) => [call, capability, errno ?? 'ok', detail].join(' '));

  it('a write that fails silently is found, in programs that live for a moment, with its path', async () => {
    const script = `perl -e 'open(F, ">", "/srv/silent"); mkdir "/srv/dir"; chmod 0600, "/etc/passwd"; rename "/etc/group", "/etc/old"'
      cd /var/lib; mkdir relative 2>/dev/null; (cd /opt; touch ./note) 2>/dev/null
      perl -e 'use Socket; socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("/srv/socket"))'`;
    const [app] = await observe(shell('app', script, { readOnlyRootFilesystem: true }));
    assert.deepEqual(refusedIn(app!), [
      'openat /srv/silent EROFS file',
      'mkdir /srv/dir EROFS directory',
      'chmod /etc/passwd EROFS file',
      'rename /etc/old EROFS file',
      'mkdir /var/lib/relative EROFS directory',
      'openat /opt/note EROFS file',
      'bind /srv/socket EROFS socket',
    ]);
    assert.deepEqual(used(app!), [], 'no capability writes on a read-only filesystem');
    assert.equal(app!.logs, '', 'nobody said a word');
    const [silent] = app!.refused;
    assert.match(silent!.detail, /^openat\(O_WRONLY\|O_CREAT\|O_TRUNC\) by perl \(pid \d+\)$/);
    assert.equal(silent!.phase, 'start-up');
  });

  it('what only asks, reads, or finds what is there already is no refused write', async () => {
    const script = `test -w /etc; test -w /var/lib; mkdir -p /var/lib /usr/share; cat /etc/passwd >/dev/null
      perl -e 'mkdir "/var/lib"; open(F, ">", "/dev/null"); open(F, "<", "/nowhere"); rmdir "/nowhere"'`;
    const [app] = await observe(shell('app', script, { readOnlyRootFilesystem: true }));
    assert.deepEqual(refusedIn(app!), []);
  });

  it('who ends because it was told that it could not write has been refused; who goes on has not', async () => {
    const asks = (then: string) => ({
      ...shell('app', '', { readOnlyRootFilesystem: true }),
      command: ['sh', '-c', `test -w /var/cache || ${then}; trap "exit 0" TERM QUIT; while :; do sleep 0.1; done`],
    });
    const [ended] = await observe(asks('exit 1'));
    assert.deepEqual(refusedIn(ended!), ['faccessat2 /var/cache EROFS file']);
    assert.equal(ended!.exitCode, 1);
    const [lasting] = await observe(asks('true'));
    assert.deepEqual(refusedIn(lasting!), []);
  });

  it('what uid 0 lacks of its capabilities is named, one by one', async () => {
    const script = `perl -e '
      use Socket; chown 101, 102, "/etc/passwd"; $) = "102 102"; $> = 101; chroot "/srv";
      socket(R, AF_INET, SOCK_RAW, 1); socket(S, AF_INET, SOCK_STREAM, 6); bind(S, pack_sockaddr_in(80, INADDR_ANY));
      system "mknod /srv/device c 1 3; mknod /srv/fifo p; chmod 0711 /proc/1; hostname x; nice -n -5 true";
      opendir(D, "/var/cache/apt/archives/partial"); mkdir "/var/cache/apt/archives/partial/x"' 2>/dev/null`;
    const [app] = await observe(shell('app', script, NO_CAPABILITIES));
    assert.deepEqual(
      used(app!).filter((line) => !line.includes(' ok ')),
      [
        'chown CHOWN EPERM /etc/passwd (101:102)',
        'setgroups SETGID EPERM gid 102',
        'setresgid SETGID EPERM gid 102',
        'setresuid SETUID EPERM uid 101',
        'chroot SYS_CHROOT EPERM /srv',
        'socket NET_RAW EPERM domain 2, type 3',
        'mknodat MKNOD EPERM /srv/device (0666)',
        'sethostname SYS_ADMIN EPERM ',
        'setpriority SYS_NICE EACCES 0, -5',
        'openat DAC_OVERRIDE EACCES /var/cache/apt/archives/partial',
        'mkdir DAC_OVERRIDE EACCES /var/cache/apt/archives/partial/x',
      ],
    );
    const dropped = app!.privileged.filter(({ uid, gid }) => uid !== undefined || gid !== undefined);
    assert.deepEqual(
      dropped.map(({ call, uid, gid }) => [call, uid, gid]),
      [
        ['setgroups', undefined, 102],
        ['setresgid', undefined, 102],
        ['setresuid', 101, undefined],
      ],
    );
  });

  it('what uid 0 uses of them is named as well, and whom it became', async () => {
    const script = `mkdir /tmp/many; touch /tmp/many/1 /tmp/many/2; chown -R 101:102 /tmp/many; chroot / true
      setpriv --reuid 101 --regid 102 --groups 103 perl -e 'mkdir "/srv/mine"'`;
    const [app] = await observe(shell('app', script));
    assert.deepEqual(
      app!.privileged
        // setpriv asks for SETPCAP by the way, which only newer kernels tell.
        .filter(({ call }) => call !== 'capset')
        .map(({ call, capability, errno, uid, gid }) => [call, capability, errno, uid ?? gid]),
      [
        ['fchownat', 'CHOWN', undefined, undefined],
        ['chroot', 'SYS_CHROOT', undefined, undefined],
        ['setresuid', 'SETUID', undefined, 101],
        ['setresgid', 'SETGID', undefined, 102],
        ['setgroups', 'SETGID', undefined, 103],
      ],
    );
    assert.deepEqual(refusedIn(app!), ['mkdir /srv/mine EACCES directory']);
    const became = app!.privileged.find(({ uid }) => uid === 101);
    assert.match(became!.by, /^setpriv \(pid \d+\)$/);
    assert.deepEqual([became!.callerUid, became!.phase], [0, 'start-up']);
  });

  it('what nobody refuses is told by the kernel: root writes where its mode forbids it, and not where it need not ask', {
    skip: tellsCapabilities ? false : 'Linux tells since 6.14 which capability it asked for',
  }, async () => {
    const script = `perl -e 'mkdir "/srv/own"; open(F, ">", "/var/cache/apt/archives/partial/x"); chown 0, 0, "/srv/own"'`;
    const [app] = await observe(
      shell('app', script, { capabilities: { drop: ['ALL'], add: ['CHOWN', 'DAC_OVERRIDE'] } }),
    );
    assert.deepEqual(used(app!), ['openat DAC_OVERRIDE ok /var/cache/apt/archives/partial/x']);
    assert.equal(app!.privileged[0]!.source, 'kernel');
  });

  it('another user is refused by the mode, which no capability of its own would change', async () => {
    const script = `perl -e 'mkdir "/srv/mine"; open(F, ">>", "/etc/passwd"); open(F, "<", "/etc/shadow"); unlink "/etc/passwd"; kill 9, 1'`;
    const [app] = await observe(shell('app', script, { runAsUser: 101, runAsGroup: 101 }));
    assert.deepEqual(refusedIn(app!), [
      'mkdir /srv/mine EACCES directory',
      'openat /etc/passwd EACCES file',
      'unlink /etc/passwd EACCES file',
    ]);
    assert.deepEqual(used(app!), []);
  });

  it('each container of a pod has its own, whether they share their processes or not', async () => {
    const pod = (shareProcessNamespace: boolean) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'app' },
      spec: {
        shareProcessNamespace,
        containers: ['one', 'two'].map((name) =>
          shell(name, `perl -e 'mkdir "/srv/${name}"; select undef, undef, undef, 0.1'`, {
            readOnlyRootFilesystem: true,
          }),
        ),
      },
    });
    for (const shared of [false, true]) {
      const [one, two] = await observePod(pod(shared));
      assert.deepEqual(refusedIn(one!), ['mkdir /srv/one EROFS directory']);
      assert.deepEqual(refusedIn(two!), ['mkdir /srv/two EROFS directory']);
    }
  });

  it('a program that is refused without end is one line, and a flood of paths hides nothing else', async () => {
    const script = `perl -e 'for (1..100000) { mkdir "/srv/again" } for (1..3000) { mkdir "/srv/$_" } mkdir "/opt/last"'`;
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'app' },
      spec: { containers: [shell('app', script, { readOnlyRootFilesystem: true })] },
    };
    const [app] = await observePod(pod, false);
    const paths = refusedIn(app!);
    assert.equal(paths.filter((line) => line.startsWith('mkdir /srv/again ')).length, 1);
    assert.equal(paths.filter((line) => line.startsWith('mkdir /srv/')).length, 50);
    assert.equal(paths.at(-1), 'mkdir /opt/last EROFS directory');
    const run = app!.coverage.collectors.find(({ collector }) => collector === 'system-calls');
    assert.deepEqual(run, { collector: 'system-calls', ran: true, note: '2951 more refused calls were not kept' });
  });
}

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('system calls', { skip: `no engine answers: ${engine.message}` }, () => {});
else describe(`system calls on ${engine.info.name} ${engine.info.version}`, () => cases(engine));
