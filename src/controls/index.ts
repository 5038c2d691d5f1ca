/** The catalogue: every control, sorted by id. A control is a file of this folder with a default export. */

import addedCapabilities from './added-capabilities.ts';
import addedDefaultCapability from './added-default-capability.ts';
import allowPrivilegeEscalation from './allow-privilege-escalation.ts';
import apparmorUnconfined from './apparmor-unconfined.ts';
import bidirectionalMount from './bidirectional-mount.ts';
import blockDevice from './block-device.ts';
import type { Control } from './control.ts';
import dropAllCapabilities from './drop-all-capabilities.ts';
import emptyDirSizeLimit from './empty-dir-size-limit.ts';
import exception from './exception.ts';
import execAccess from './exec-access.ts';
import executableScratch from './executable-scratch.ts';
import forcedPrivilegeEscalation from './forced-privilege-escalation.ts';
import hostDevice from './host-device.ts';
import hostIpc from './host-ipc.ts';
import hostNetwork from './host-network.ts';
import hostPathVolume from './host-path-volume.ts';
import hostPid from './host-pid.ts';
import hostPort from './host-port.ts';
import imageDigest from './image-digest.ts';
import imageVolume from './image-volume.ts';
import installAtStart from './install-at-start.ts';
import interactiveTerminal from './interactive-terminal.ts';
import misplacedField from './misplaced-field.ts';
import missingSeccompProfile from './missing-seccomp-profile.ts';
import mutableConfiguration from './mutable-configuration.ts';
import namespaceEnforcement from './namespace-enforcement.ts';
import namespaceRestricted from './namespace-restricted.ts';
import nodeCredentials from './node-credentials.ts';
import objectException from './object-exception.ts';
import portForwardAccess from './port-forward-access.ts';
import privileged from './privileged.ts';
import probeHost from './probe-host.ts';
import procMountInUserNamespace from './proc-mount-in-user-namespace.ts';
import readOnlyRootFilesystem from './read-only-root-filesystem.ts';
import restrictedVolumeType from './restricted-volume-type.ts';
import rootGroup from './root-group.ts';
import runAsNonRoot from './run-as-non-root.ts';
import runAsNonRootDeclared from './run-as-non-root-declared.ts';
import runAsUserZero from './run-as-user-zero.ts';
import runtimeSocket from './runtime-socket.ts';
import seededVolume from './seeded-volume.ts';
import selinuxOptions from './selinux-options.ts';
import serviceAccountToken from './service-account-token.ts';
import sharedProcessNamespace from './shared-process-namespace.ts';
import terminationMessagePath from './termination-message-path.ts';
import unconfinedSeccomp from './unconfined-seccomp.ts';
import unknownField from './unknown-field.ts';
import unknownVolume from './unknown-volume.ts';
import unmaskedProcMount from './unmasked-proc-mount.ts';
import unsafeSysctl from './unsafe-sysctl.ts';
import unverifiableUser from './unverifiable-user.ts';
import userNamespace from './user-namespace.ts';
import windowsContainer from './windows-container.ts';
import windowsHostProcess from './windows-host-process.ts';
import writableApplicationDirectory from './writable-application-directory.ts';
import writableHostPath from './writable-host-path.ts';
import writableProgramDirectory from './writable-program-directory.ts';

export const controls: readonly Control[] = [
  addedCapabilities,
  addedDefaultCapability,
  allowPrivilegeEscalation,
  apparmorUnconfined,
  bidirectionalMount,
  blockDevice,
  dropAllCapabilities,
  emptyDirSizeLimit,
  exception,
  execAccess,
  executableScratch,
  forcedPrivilegeEscalation,
  hostDevice,
  hostIpc,
  hostNetwork,
  hostPathVolume,
  hostPid,
  hostPort,
  imageDigest,
  imageVolume,
  installAtStart,
  interactiveTerminal,
  misplacedField,
  missingSeccompProfile,
  mutableConfiguration,
  namespaceEnforcement,
  namespaceRestricted,
  nodeCredentials,
  objectException,
  portForwardAccess,
  privileged,
  probeHost,
  procMountInUserNamespace,
  readOnlyRootFilesystem,
  restrictedVolumeType,
  rootGroup,
  runAsNonRootDeclared,
  runAsNonRoot,
  runAsUserZero,
  runtimeSocket,
  seededVolume,
  selinuxOptions,
  serviceAccountToken,
  sharedProcessNamespace,
  terminationMessagePath,
  unconfinedSeccomp,
  unknownField,
  unknownVolume,
  unmaskedProcMount,
  unsafeSysctl,
  unverifiableUser,
  userNamespace,
  windowsContainer,
  windowsHostProcess,
  writableApplicationDirectory,
  writableHostPath,
  writableProgramDirectory,
];
