/** What real containers are refused, and what they use capabilities for; each case is one start of one pod. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newRun } from '../../src/engine/runs.ts';
import { documentFromValue } from '../../src/manifest/read.ts';
import { type ContainerObservation, observeWorkload } from '../../src/observe/observe.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { BASE_IMAGE } from '../engine/images.ts';

const NO_CAPABILITIES = { capabilities: { drop: ['ALL'] } };

/** A container that runs a script, then waits to be stopped (by SIGQUIT: the base image says so). */
const shell = (name: string, script: string, securityContext: object = {}) => ({
  name,
  image: BASE_IMAGE,
  command: ['sh', '-c', `${script}\ntrap 'exit 0' TERM QUIT; while :; do sleep 0.1; done`],
  securityContext,
});

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
  const observePod = async (pod: object): Promise<readonly ContainerObservation[]> => {
    const workload = findWorkloads(documentFromValue('pod.yaml', pod))[0]!;
    const { containers } = await observeWorkload(engine, workload, { run: newRun(), documents: [], seconds: 0.3 });
    assert.equal(programs(), 0, 'nothing stays in the kernel');
    for (const { coverage, name } of containers)
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

  it('a write that fails silently is found, in a program that lives for a moment, with its path', async () => {
    const script = `perl -e 'open(F, ">", "/srv/silent"); mkdir "/srv/dir"; unlink "/etc/hostname.old"; chmod 0600, "/etc/passwd"'
      cd /var/lib; perl -e 'mkdir "relative"; chdir "/opt"; open(F, ">>", "below/../note"); select(undef,undef,undef,0.1)'`;
    const [app] = await observe(shell('app', script, { readOnlyRootFilesystem: true }));
    assert.deepEqual(
      refusedIn(app!),
      ['openat /srv/silent EROFS file', 'mkdir /srv/dir EROFS directory', 'chmod /etc/passwd EROFS file'].concat([]),
    );
    console.log(refusedIn(app!), used(app!), app!.logs);
  });

  it('what uid 0 wants of its capabilities is named, one by one', async () => {
    const script = `perl -e '
      use Socket; chown 101, 102, "/etc/passwd"; $) = "102 102"; $> = 101; chroot "/srv";
      kill 0, 1; require "syscall.ph" if 0;
      socket(R, AF_INET, SOCK_RAW, 1); socket(S, AF_INET, SOCK_STREAM, 6); bind(S, pack_sockaddr_in(80, INADDR_ANY));
      syscall(133, "/srv/device", 020600, 0x103); opendir(D, "/proc/1/fd")' ; cat /etc/shadow >/dev/null; sleep 0.1`;
    const [app] = await observe(shell('app', script, NO_CAPABILITIES));
    console.log(used(app!), refusedIn(app!), app!.logs);
  });
}

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('system calls', { skip: `no engine answers: ${engine.message}` }, () => {});
else describe(`system calls on ${engine.info.name} ${engine.info.version}`, () => cases(engine));
