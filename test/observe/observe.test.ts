/** What real containers write, seen from outside; each case is one start of one container. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectEngine } from '../../src/engine/connect.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { newRun } from '../../src/engine/runs.ts';
import { sandboxHost } from '../../src/host/sandbox.ts';
import { readImage } from '../../src/image/config.ts';
import { openImageTree } from '../../src/image/layout.ts';
import { userOf } from '../../src/image/user.ts';
import { documentFromValue, readDocuments } from '../../src/manifest/read.ts';
import { podForImage } from '../../src/observe/bare-image.ts';
import { type ContainerObservation, type Observation, observeWorkload } from '../../src/observe/observe.ts';
import type { Collector } from '../../src/profile/evidence.ts';
import { mergeEvidence, mergeMounted } from '../../src/profile/merge.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import type { Workload } from '../../src/workload/workload.ts';
import { BASE_IMAGE, builtImage } from '../engine/images.ts';

const EXAMPLE = new URL('../../examples/nginx/deployment.yaml', import.meta.url);

function example(change: (text: string) => string = (text) => text): Workload {
  const { documents } = readDocuments({ file: 'deployment.yaml', text: change(readFileSync(EXAMPLE, 'utf8')) });
  return documents.flatMap(findWorkloads)[0]!;
}

/** A pod whose only container runs a shell script, then waits to be stopped (by SIGQUIT: the base image says so). */
function shellPod(script: string, container: object = {}, volumes: object[] = [], more: object = {}): Workload {
  const command = ['sh', '-c', `${script}\ntrap 'exit 0' TERM QUIT; while :; do sleep 0.1; done`];
  const spec = { containers: [{ name: 'app', image: BASE_IMAGE, command, ...container }], volumes, ...more };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'app' }, spec };
  return findWorkloads(documentFromValue('pod.yaml', pod))[0]!;
}

const only = (observation: Observation): ContainerObservation => {
  assert.equal(observation.containers.length, 1);
  return observation.containers[0]!;
};
const writable = ({ evidence, layout, mounts }: ContainerObservation) => mergeEvidence(evidence, layout, mounts);
const seenBy = (container: ContainerObservation, collector: Collector) =>
  container.evidence.filter((piece) => piece.collector === collector).map(({ what, path }) => `${what} ${path}`);
const descriptors = () => readdirSync('/proc/self/fd').length;

function cases(engine: Engine): void {
  const observe = async (workload: Workload, seconds = 0.2) => {
    const run = newRun();
    const observation = await observeWorkload(sandboxHost(engine), workload, { run, documents: [], seconds });
    assert.deepEqual(await engine.labelled(run), { containers: [], networks: [] }, 'nothing is left behind');
    return observation;
  };
  /** Why the kernel's events cannot be tested here; false: they can. */
  const unseen =
    engine.info.local && engine.info.name === 'podman'
      ? false
      : 'kernel events need root on the engine’s host, and an engine with init';

  it('nginx writes exactly /run and /var/cache/nginx, and it is asked', async () => {
    const observation = await observe(example());
    const container = only(observation);
    assert.equal(observation.outcome.ready, true, String(observation.outcome.reason));
    assert.deepEqual(
      observation.answered.map(({ answer }) => answer),
      // Its probe, two requests and an upload, which a static server refuses; after a reload once more.
      ['success', 'HTTP 200', 'HTTP 200', 'HTTP 405', 'success', 'HTTP 200', 'HTTP 200', 'HTTP 405'],
    );
    const found = writable(container);
    assert.deepEqual(
      found.map(({ path, kind, shippedFiles }) => [path, kind, shippedFiles]),
      [
        ['/run', 'scratch', 0],
        ['/var/cache/nginx', 'cache', 0],
      ],
    );
    const collectors: Collector[] = unseen ? ['engine-changes'] : ['engine-changes', 'kernel-events'];
    for (const { path, evidence } of found) {
      for (const collector of collectors)
        assert.ok(
          evidence.some((piece) => piece.collector === collector),
          `${path} by ${collector}`,
        );
    }
    assert.deepEqual(container.user, { uid: 0, gid: 0, from: 'image' });
    assert.deepEqual(
      [container.coverage.ready, container.coverage.requests, container.coverage.shutdown],
      [true, 8, true],
    );
    assert.equal(container.exitCode, undefined);
  });

  it('the shutdown is observed: the pid file is removed', { skip: unseen }, async () => {
    const removed = only(await observe(example())).evidence.find(
      ({ what, path }) => what === 'delete' && path === '/run/nginx.pid',
    );
    assert.equal(removed?.phase, 'shutdown');
  });

  it('with a read-only root alone nginx ends, and its log names the refused path', async () => {
    const readOnly = example((text) =>
      text.replace('          ports:', '          securityContext: { readOnlyRootFilesystem: true }\n          ports:'),
    );
    const observation = await observe(readOnly);
    const container = only(observation);
    assert.equal(observation.outcome.ready, false);
    assert.equal(container.exitCode, 1);
    const refused = ['/var/cache/nginx/client_temp', 'EROFS', 'directory'];
    assert.deepEqual(
      container.refused.map(({ collector, path, errno, type }) => [collector, path, errno, type]),
      [['log-lines', ...refused], ...(unseen ? [] : [['system-calls', ...refused]])],
    );
    assert.match(
      container.refused[0]!.detail,
      /mkdir\(\) "\/var\/cache\/nginx\/client_temp" failed \(30: Read-only file system\)/,
    );
    assert.deepEqual(
      writable(container).map(({ path }) => path),
      ['/var/cache/nginx'],
    );
    assert.equal(container.coverage.shutdown, false);
  });

  it('what a hardened pod writes into its volumes is seen, and asks for no further volume', {
    skip: unseen,
  }, async () => {
    const container = only(
      await observe(
        shellPod(
          'mkdir /var/run/app && echo 12345 > /var/run/app/pid; touch /data/sub/x',
          {
            securityContext: { readOnlyRootFilesystem: true },
            volumeMounts: [
              { name: 'run', mountPath: '/var/run' },
              { name: 'data', mountPath: '/data/sub', subPath: 'part' },
            ],
          },
          [
            { name: 'run', emptyDir: {} },
            { name: 'data', emptyDir: {} },
          ],
        ),
      ),
    );
    assert.deepEqual(writable(container), []);
    const mounted = mergeMounted(container.evidence, container.layout, container.mounts);
    assert.deepEqual(
      mounted.map(({ path, bytes }) => [path, bytes]),
      [
        ['/data/sub', 0],
        ['/run', 6],
      ],
    );
    assert.ok(mounted.every(({ evidence }) => evidence.length > 0));
  });

  it('a file that lives for milliseconds is seen by the kernel’s events and not by the engine’s list', {
    skip: unseen,
  }, async () => {
    const container = only(await observe(shellPod('echo x > /srv/transient; rm /srv/transient')));
    assert.deepEqual(seenBy(container, 'kernel-events'), ['create /srv/transient', 'delete /srv/transient']);
    assert.ok(!seenBy(container, 'engine-changes').some((line) => line.includes('transient')));
    assert.deepEqual(
      writable(container).map(({ path }) => path),
      ['/srv'],
    );
  });

  it('the application’s very first write is not missed, nor one by a container that ends at once', {
    skip: unseen,
  }, async () => {
    const first = only(await observe(shellPod('', { command: ['mkdir', '/srv/first'] })));
    assert.deepEqual(seenBy(first, 'kernel-events'), ['mkdir /srv/first']);
    assert.equal(first.exitCode, 0);
  });

  it('a write through /var/run is one to /run', async () => {
    const container = only(await observe(shellPod('echo 1 > /var/run/app.pid')));
    assert.deepEqual(
      writable(container).map(({ path }) => path),
      ['/run'],
    );
    const refused = only(
      await observe(shellPod('echo 1 > /var/run/app.pid', { securityContext: { readOnlyRootFilesystem: true } })),
    );
    assert.deepEqual([...new Set(refused.refused.map(({ path }) => path))], ['/var/run/app.pid']);
    assert.deepEqual(
      writable(refused).map(({ path }) => path),
      ['/run'],
    );
  });

  for (const hostUsers of [true, false]) {
    const where = hostUsers ? '' : ', in a user namespace of the pod as well';
    it(`changed, deleted and chowned files of the image are told from new ones${where}`, { skip: unseen }, async () => {
      const script =
        'echo >> /etc/debian_version; rm /etc/issue; chown 33 /etc/motd; chmod 700 /srv; cat /etc/passwd > /dev/null';
      const container = only(await observe(shellPod(script, {}, [], { hostUsers })));
      assert.deepEqual(seenBy(container, 'kernel-events').sort(), [
        'attributes /etc/motd',
        'attributes /srv',
        'delete /etc/issue',
        'modify /etc/debian_version',
      ]);
      const found = writable(container);
      assert.deepEqual(
        found.map(({ path }) => path),
        ['/etc', '/srv'],
      );
      assert.ok(found[0]!.shippedFiles > 10, 'a volume would hide the files of /etc');
    });
  }

  it('an image’s VOLUME is a writable path, with what the image ships there', async () => {
    const image = await builtImage(
      engine,
      'observe-volume',
      'RUN mkdir -p /var/store && touch /var/store/seed',
      'VOLUME /var/store',
      'WORKDIR /srv',
    );
    const container = only(await observe(shellPod('echo 1 > /var/store/new; echo 2 > relative', { image })));
    assert.deepEqual(seenBy(container, 'image-config'), ['declared /var/store', 'declared /srv']);
    const found = writable(container);
    assert.deepEqual(
      found.map(({ path, kind, shippedFiles }) => [path, kind, shippedFiles]),
      [
        ['/srv', 'state', 0],
        ['/var/store', 'state', 1],
      ],
    );
    if (!unseen) assert.ok(seenBy(container, 'kernel-events').includes('create /var/store/new'));
  });

  it('a bare image is observed as a pod around it', async () => {
    const image = await readImage(engine, BASE_IMAGE);
    const observation = await observe(podForImage(image.name, image.ports));
    const round = ['GET :80/ HTTP 200', 'GET :80/ HTTP 200', 'POST :80/ HTTP 405'];
    assert.deepEqual(
      observation.answered.map(({ request, answer }) => `${request} ${answer}`),
      [...round, ...round],
      'before and after a reload',
    );
    assert.deepEqual(observation.later, [{ what: 'reload', failure: undefined }]);
    assert.deepEqual(
      writable(only(observation)).map(({ path }) => path),
      ['/run', '/var/cache/nginx'],
    );
  });

  it('no descriptor is left open', { skip: unseen }, async () => {
    await observe(shellPod('touch /srv/x'), 0);
    const before = descriptors();
    for (let round = 0; round < 2; round++) await observe(shellPod('touch /srv/x'), 0);
    await sleep(50);
    assert.ok(descriptors() <= before, `${before} before, ${descriptors()} after`);
  });

  it('an image’s tree is read without starting anything', async () => {
    const run = newRun();
    const tree = await openImageTree(engine, { name: BASE_IMAGE }, run);
    try {
      assert.equal(await tree.resolve('/var/run/nginx.pid'), '/run/nginx.pid');
      assert.deepEqual((await tree.directory('/tmp'))?.owner, { uid: 0, gid: 0, mode: 0o1777 });
      assert.equal((await tree.directory('/var/cache/nginx'))?.shippedFiles, 0);
      assert.equal((await tree.directory('/usr'))?.shippedFiles !== 0, true);
      assert.equal(await tree.directory('/nowhere'), undefined);
      assert.deepEqual(await userOf(tree, 'www-data'), { uid: 33, gid: 33 });
    } finally {
      await tree.close();
    }
    assert.deepEqual((await engine.labelled(run)).containers, []);
  });
}

const engine = await connectEngine('auto', process.env).catch((error: Error) => error);
if (engine instanceof Error) test('observe', { skip: `no engine answers: ${engine.message}` }, () => {});
else describe(`observe on ${engine.info.name} ${engine.info.version}`, () => cases(engine));
