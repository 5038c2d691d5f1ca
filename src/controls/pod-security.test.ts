/** Controls decide the checks of the Pod Security Standards as upstream does: per check, per version, per kind of container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentFromValue } from '../manifest/read.ts';
import { findWorkloads } from '../workload/find.ts';
import { controls } from './index.ts';
import { LATEST_MINOR, OLDEST_MINOR } from './kubernetes-version.ts';
import { POD_SECURITY, type PodSecurityCheck, type PodSecurityId } from './pod-security.ts';
import { judge } from './verdict.ts';

const CHECKS = Object.keys(POD_SECURITY) as PodSecurityId[];
const DECIDES = new Map(controls.map(({ id, podSecurity }) => [id, podSecurity ?? []]));

/** A pod that restricted allows in every version. */
const ALLOWED = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
};
const HARD = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const container = (more: object = {}): object => ({ name: 'web', image: 'a', ...more, securityContext: HARD });
/** A container with these settings beside the allowed ones. */
const secured = (context: object): object => ({ ...container(), securityContext: { ...HARD, ...context } });

/** What a container says itself, whatever its pod does. */
const OWN = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };

interface Case {
  readonly pod?: object;
  /** Put into each of the lists of containers in turn. */
  readonly container?: object;
  readonly annotations?: object;
  readonly fails: PodSecurityId | readonly PodSecurityId[] | null;
  /** The check fails from this version, and up to but without that one. */
  readonly from?: number;
  readonly before?: number;
}

const RELAXED = { hostUsers: false };
const context = (values: object): object => ({ securityContext: { ...ALLOWED.securityContext, ...values } });
const volume = (kind: object): object => ({ volumes: [{ name: 'v', ...kind }] });
const windows = { os: { name: 'windows' } };
const seccomp = ['seccompProfile_baseline', 'seccompProfile_restricted'] as const;
const bothAdds = ['capabilities_baseline', 'capabilities_restricted'] as const;

const CASES: Readonly<Record<string, Case>> = {
  'nothing wrong': { fails: null },
  'privileged: true': { container: secured({ privileged: true }), fails: 'privileged' },
  'privileged: false': { container: secured({ privileged: false }), fails: null },
  hostPID: { pod: { hostPID: true }, fails: 'hostNamespaces' },
  hostIPC: { pod: { hostIPC: true }, fails: 'hostNamespaces' },
  hostNetwork: { pod: { hostNetwork: true }, fails: 'hostNamespaces' },
  'hostNetwork: false': { pod: { hostNetwork: false }, fails: null },
  hostPath: { pod: volume({ hostPath: { path: '/srv' } }), fails: ['hostPathVolumes', 'restrictedVolumes'] },
  'hostPath of null': { pod: volume({ hostPath: null, emptyDir: {} }), fails: null },
  hostPort: { container: container({ ports: [{ hostPort: 80, containerPort: 80 }] }), fails: 'hostPorts' },
  'hostPort 0': { container: container({ ports: [{ hostPort: 0, containerPort: 80 }] }), fails: null },
  'a default capability': {
    container: secured({ capabilities: { drop: ['ALL'], add: ['MKNOD'] } }),
    fails: 'capabilities_restricted',
  },
  NET_BIND_SERVICE: { container: secured({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }), fails: null },
  NET_RAW: { container: secured({ capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }), fails: bothAdds },
  'a name with CAP_': { container: secured({ capabilities: { drop: ['ALL'], add: ['CAP_CHOWN'] } }), fails: bothAdds },
  'a name in small letters': {
    container: secured({ capabilities: { drop: ['ALL'], add: ['net_bind_service'] } }),
    fails: bothAdds,
  },
  'drop all in small letters': {
    container: secured({ capabilities: { drop: ['all'] } }),
    fails: 'capabilities_restricted',
  },
  'nothing dropped': { container: secured({ capabilities: {} }), fails: 'capabilities_restricted' },
  'nothing dropped on Windows': {
    pod: windows,
    container: secured({ capabilities: undefined }),
    fails: 'capabilities_restricted',
    before: 25,
  },
  'Windows by its selector only': {
    pod: { nodeSelector: { 'kubernetes.io/os': 'windows' } },
    container: secured({ capabilities: undefined }),
    fails: 'capabilities_restricted',
  },
  'escalation allowed': { container: secured({ allowPrivilegeEscalation: true }), fails: 'allowPrivilegeEscalation' },
  'escalation not mentioned': {
    container: secured({ allowPrivilegeEscalation: undefined }),
    fails: 'allowPrivilegeEscalation',
  },
  'escalation not mentioned on Windows': {
    pod: windows,
    container: secured({ allowPrivilegeEscalation: undefined }),
    fails: 'allowPrivilegeEscalation',
    before: 25,
  },
  Unmasked: { container: secured({ procMount: 'Unmasked' }), fails: ['procMount', 'procMount_restricted'] },
  'Unmasked in a user namespace, baseline': {
    pod: RELAXED,
    container: secured({ procMount: 'Unmasked' }),
    fails: ['procMount', 'procMount_restricted'],
    before: 35,
  },
  'Unmasked in a user namespace, restricted': {
    pod: RELAXED,
    container: secured({ procMount: 'Unmasked' }),
    fails: 'procMount_restricted',
    from: 35,
  },
  'seccomp Unconfined': { container: secured({ seccompProfile: { type: 'Unconfined' } }), fails: seccomp },
  'seccomp Unconfined for the pod, overridden': {
    pod: context({ seccompProfile: { type: 'Unconfined' } }),
    container: secured({ seccompProfile: { type: 'Localhost' } }),
    fails: seccomp,
  },
  'seccomp of no type': { container: secured({ seccompProfile: {} }), fails: seccomp },
  'no seccomp profile': { pod: context({ seccompProfile: undefined }), fails: 'seccompProfile_restricted' },
  'no seccomp profile on Windows': {
    pod: { ...windows, ...context({ seccompProfile: undefined }) },
    fails: 'seccompProfile_restricted',
    before: 25,
  },
  'a seccomp profile of its own': {
    pod: context({ seccompProfile: undefined }),
    container: secured({ seccompProfile: { type: 'Localhost' } }),
    fails: null,
  },
  'AppArmor Unconfined': { container: secured({ appArmorProfile: { type: 'Unconfined' } }), fails: 'appArmorProfile' },
  'AppArmor Unconfined for the pod': {
    pod: context({ appArmorProfile: { type: 'Unconfined' } }),
    fails: 'appArmorProfile',
  },
  'AppArmor Localhost': { container: secured({ appArmorProfile: { type: 'Localhost' } }), fails: null },
  'AppArmor annotation': {
    annotations: { 'container.apparmor.security.beta.kubernetes.io/web': 'unconfined' },
    fails: 'appArmorProfile',
  },
  'AppArmor annotation of a profile': {
    annotations: { 'container.apparmor.security.beta.kubernetes.io/web': 'localhost/web' },
    fails: null,
  },
  'SELinux type': { container: secured({ seLinuxOptions: { type: 'spc_t' } }), fails: 'seLinuxOptions' },
  'SELinux user': { pod: context({ seLinuxOptions: { user: 'system_u' } }), fails: 'seLinuxOptions' },
  'SELinux role': { container: secured({ seLinuxOptions: { role: 'system_r' } }), fails: 'seLinuxOptions' },
  'SELinux level': { container: secured({ seLinuxOptions: { level: 's0', type: '', user: '' } }), fails: null },
  'SELinux type of engines': {
    container: secured({ seLinuxOptions: { type: 'container_engine_t' } }),
    fails: 'seLinuxOptions',
    before: 31,
  },
  'runAsNonRoot missing': { pod: context({ runAsNonRoot: undefined }), fails: 'runAsNonRoot' },
  'runAsNonRoot false for the pod, overridden': {
    pod: context({ runAsNonRoot: false }),
    container: secured({ runAsNonRoot: true }),
    fails: 'runAsNonRoot',
  },
  'runAsNonRoot false': { container: secured({ runAsNonRoot: false }), fails: 'runAsNonRoot' },
  'runAsUser without runAsNonRoot': {
    pod: context({ runAsNonRoot: undefined, runAsUser: 1000 }),
    fails: 'runAsNonRoot',
  },
  'runAsNonRoot missing in a user namespace': {
    pod: { ...RELAXED, ...context({ runAsNonRoot: undefined }) },
    fails: 'runAsNonRoot',
    before: 35,
  },
  'runAsUser 0': { container: secured({ runAsUser: 0 }), fails: 'runAsUser' },
  'runAsUser 0 for the pod, overridden': {
    pod: context({ runAsUser: 0 }),
    container: secured({ runAsUser: 1000 }),
    fails: 'runAsUser',
  },
  'runAsUser 0 in a user namespace': {
    pod: { ...RELAXED, ...context({ runAsUser: 0 }) },
    fails: 'runAsUser',
    before: 35,
  },
  HostProcess: { container: secured({ windowsOptions: { hostProcess: true } }), fails: 'windowsHostProcess' },
  'HostProcess of the pod': { pod: context({ windowsOptions: { hostProcess: true } }), fails: 'windowsHostProcess' },
  'HostProcess false': { container: secured({ windowsOptions: { hostProcess: false } }), fails: null },
  'host of a probe': {
    container: container({ livenessProbe: { httpGet: { host: 'other.example' } } }),
    fails: 'hostProbesAndHostLifecycle',
  },
  'host of a handler': {
    container: container({ lifecycle: { preStop: { tcpSocket: { host: 'other.example' } } } }),
    fails: 'hostProbesAndHostLifecycle',
  },
  'empty host of a probe': { container: container({ startupProbe: { tcpSocket: { host: '' } } }), fails: null },
};
const SYSCTLS: readonly (readonly [name: string, safeSince: number])[] = [
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
  ['net.ipv4.tcp_slow_start_after_idle', 37],
  ['net.ipv4.tcp_notsent_lowat', 37],
  ['kernel.msgmax', Number.POSITIVE_INFINITY],
];
const KINDS =
  'awsElasticBlockStore azureDisk azureFile cephfs cinder fc flexVolume flocker gcePersistentDisk gitRepo glusterfs iscsi ' +
  'nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume';
const FREE = 'configMap csi downwardAPI emptyDir ephemeral image persistentVolumeClaim projected secret';

const all: [name: string, one: Case][] = [
  ...Object.entries(CASES),
  ...SYSCTLS.map(([name, before]): [string, Case] => [
    `sysctl ${name}`,
    { pod: context({ sysctls: [{ name, value: '1' }] }), fails: 'sysctls', before },
  ]),
  ...KINDS.split(' ').map((kind): [string, Case] => [
    kind,
    { pod: volume({ [kind]: {} }), fails: 'restrictedVolumes' },
  ]),
  ...FREE.split(' ').map((kind): [string, Case] => [kind, { pod: volume({ [kind]: {} }), fails: null }]),
  ['a volume of no kind, which becomes an emptyDir', { pod: volume({}), fails: null }],
];

/** Ids of the checks that fail by what the controls find. */
function failing(spec: object, annotations: object, minor: number): PodSecurityId[] {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', annotations }, spec };
  const [workload] = findWorkloads(documentFromValue('p.json', JSON.parse(JSON.stringify(pod))));
  const judged = judge(workload!, { target: { minor, stated: true } });
  const found = [...judged.findings, ...judged.containers.flatMap(({ findings }) => findings)];
  const failed = new Set(found.flatMap(({ control }) => DECIDES.get(control)!));
  return CHECKS.filter((id) => failed.has(id) && isOf(id, minor));
}

function isOf(id: PodSecurityId, minor: number): boolean {
  const check: PodSecurityCheck = POD_SECURITY[id];
  return (check.since ?? 0) <= minor;
}

for (const [name, one] of all) {
  test(`Pod Security: ${name}`, () => {
    const failsIn = one.fails === null ? [] : [one.fails].flat();
    const wrong = one.container ?? container();
    for (let minor = OLDEST_MINOR; minor <= LATEST_MINOR; minor++) {
      if (minor < (one.from ?? 0)) continue;
      const expected = minor < (one.before ?? Number.POSITIVE_INFINITY) ? failsIn : [];
      if (expected.length === 0 && name.endsWith('namespace, baseline')) continue;
      for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
        const spec = { ...ALLOWED, containers: [secured(OWN)], ...one.pod, [list]: [wrong] };
        assert.deepEqual(
          failing(spec, one.annotations ?? {}, minor),
          CHECKS.filter((id) => expected.includes(id) && isOf(id, minor)),
          `1.${minor}, ${list}`,
        );
      }
    }
  });
}

test('every check of the Pod Security Standards is decided by some control, and fails in some case', () => {
  for (const id of CHECKS) {
    assert.ok(
      [...DECIDES.values()].some((ids) => ids.includes(id)),
      `no control decides ${id}`,
    );
    assert.ok(
      all.some(([, { fails }]) => fails !== null && [fails].flat().includes(id)),
      `no case for ${id}`,
    );
  }
});
