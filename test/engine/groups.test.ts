/** A container's groups are those that containerd gives: the image's memberships whatever runAsGroup says, unless Strict. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { removeRun } from '../../src/engine/cleanup.ts';
import { identityOf } from '../../src/engine/read-back.ts';
import { newRun } from '../../src/engine/runs.ts';
import { runPod } from '../../src/engine/sandbox.ts';
import { engine, skip } from '../example.ts';
import { builtImage } from './images.ts';
import { workloadsIn } from './workloads.ts';

const run = newRun();
after(() => (engine ? removeRun(engine, run) : undefined));

const image = () =>
  builtImage(
    engine!,
    'memberships',
    'RUN useradd -u 101 -g 33 app && groupadd -g 103 certs && groupadd -g 104 app2 && usermod -aG certs,adm app && usermod -aG tape root',
  );

async function groupsOf(securityContext: object): Promise<readonly number[]> {
  const readinessProbe = { exec: { command: ['true'] } };
  const containers = [{ name: 'main', image: await image(), command: ['sleep', '60'], readinessProbe }];
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'groups' }, spec: { securityContext, containers } };
  const { workload, documents } = workloadsIn(JSON.stringify(pod));
  const running = await runPod(engine!, workload, { run, documents, readyTimeoutMs: 15_000 });
  try {
    const { uid, gid, groups } = await identityOf(running, running.containers[0]!);
    return [uid, gid, ...groups];
  } finally {
    await running.remove();
  }
}

const Strict = { supplementalGroupsPolicy: 'Strict' };
/** [securityContext, uid, gid, groups of the process] */
const cases: [object, number[]][] = [
  [{ runAsUser: 101 }, [101, 33, 4, 33, 103]],
  [{ runAsUser: 101, runAsGroup: 103 }, [101, 103, 4, 103]],
  [{ runAsUser: 101, runAsGroup: 50, supplementalGroups: [7], fsGroup: 9 }, [101, 50, 4, 7, 9, 50, 103]],
  [{ runAsUser: 101, ...Strict }, [101, 33, 33]],
  [{ runAsUser: 101, runAsGroup: 50, supplementalGroups: [7], ...Strict }, [101, 50, 7, 50]],
  [{ runAsUser: 999, ...Strict }, [999, 0, 0]],
  [{ runAsGroup: 5 }, [0, 5, 5, 26]],
  [{}, [0, 0, 0, 26]],
];
for (const [context, expected] of cases) {
  test(`${JSON.stringify(context)} has groups ${expected.slice(2)}`, { skip }, async () => {
    assert.deepEqual(await groupsOf(context), expected);
  });
}
