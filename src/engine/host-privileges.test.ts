/** What reaches the host is withheld, exactly that is said, and low ports are as the node has them. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { workloadsIn } from '../../test/engine/workloads.ts';
import { manifestDifferences } from './differences.ts';
import { privilegesOf, withheldFrom } from './host-privileges.ts';
import { ALL_CAPABILITIES, DEFAULT_CAPABILITIES } from './identity.ts';
import { sysctlsOf } from './request.ts';

const podWith = (securityContext: object, spec: object = {}) =>
  workloadsIn(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { ...spec, containers: [{ name: 'c', image: 'i', securityContext }] },
    }),
  ).workload;
const container = (securityContext: object) => podWith(securityContext).containers[0]!;

it('withholds what reaches the host unless a proof asks for it', () => {
  const privileged = container({ privileged: true });
  assert.deepEqual(privilegesOf(privileged, 'as-written'), {
    privileged: true,
    capabilities: ALL_CAPABILITIES,
    unmaskedProc: false,
  });
  const given = privilegesOf(privileged);
  assert.deepEqual([given.privileged, given.unmaskedProc], [false, false]);
  assert.deepEqual([...given.capabilities].sort(), [...DEFAULT_CAPABILITIES].sort());
  const asks = container({
    procMount: 'Unmasked',
    capabilities: { add: ['SYS_ADMIN', 'NET_BIND_SERVICE', 'BPF'], drop: ['ALL'] },
  });
  assert.deepEqual(privilegesOf(asks), {
    privileged: false,
    capabilities: ['NET_BIND_SERVICE'],
    unmaskedProc: false,
  });
});

it('says per container exactly what is withheld', () => {
  const said = (context: object) => withheldFrom(container(context), undefined);
  const beyond = 'every capability beyond containerd’s default set';
  assert.equal(
    said({ privileged: true }),
    `Container c: withheld here, because it reaches the host: privileged, ${beyond}.`,
  );
  assert.equal(
    said({ procMount: 'Unmasked', capabilities: { add: ['SYS_TIME', 'MKNOD'] } }),
    'Container c: withheld here, because it reaches the host: procMount Unmasked, SYS_TIME.',
  );
  assert.equal(said({}), undefined);
  assert.equal(said({ capabilities: { add: ['CHOWN'], drop: ['ALL'] } }), undefined);
  assert.equal(withheldFrom(container({ privileged: true }), 'as-written'), undefined);
});

it('low ports: open as containerd has them, closed on the node’s own network or when asked; the manifest has the last word', () => {
  const port = (spec: object, lowPorts?: 'closed') => Object.values(sysctlsOf(podWith({}, spec), lowPorts))[0];
  const sysctls = [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '80' }];
  assert.equal(port({}), '0');
  assert.equal(port({ hostNetwork: true }), '1024');
  assert.equal(port({}, 'closed'), '1024');
  assert.equal(port({ hostNetwork: true, securityContext: { sysctls } }, 'closed'), '80');
});

it('says whose seccomp profile RuntimeDefault is, and which runtime runs', () => {
  const workload = podWith({ seccompProfile: { type: 'RuntimeDefault' } }, { runtimeClassName: 'gvisor' });
  const podman = manifestDifferences(workload, { name: 'podman', local: true }, {}).join('\n');
  assert.match(podman, /RuntimeDefault is Podman’s .* unshare, mount and setns/);
  assert.match(podman, /^runtimeClassName gvisor: /m);
  assert.match(
    manifestDifferences(workload, { name: 'docker', local: true }, {}).join('\n'),
    /RuntimeDefault is Docker’s/,
  );
  assert.doesNotMatch(
    manifestDifferences(podWith({}), { name: 'podman', local: true }, {}).join('\n'),
    /RuntimeDefault|runtimeClass/,
  );
});
