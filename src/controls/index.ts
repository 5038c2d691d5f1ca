/** The catalogue: every control, sorted by id. A control is a file of this folder with a default export. */

import addedCapabilities from './added-capabilities.ts';
import allowPrivilegeEscalation from './allow-privilege-escalation.ts';
import type { Control } from './control.ts';
import dropAllCapabilities from './drop-all-capabilities.ts';
import hostIpc from './host-ipc.ts';
import hostNetwork from './host-network.ts';
import hostPid from './host-pid.ts';
import imageVolume from './image-volume.ts';
import privileged from './privileged.ts';
import readOnlyRootFilesystem from './read-only-root-filesystem.ts';
import runAsNonRoot from './run-as-non-root.ts';
import runtimeSocket from './runtime-socket.ts';
import sharedProcessNamespace from './shared-process-namespace.ts';
import terminationMessagePath from './termination-message-path.ts';
import unknownVolume from './unknown-volume.ts';
import unmaskedProcMount from './unmasked-proc-mount.ts';
import writableHostPath from './writable-host-path.ts';
import writableProgramDirectory from './writable-program-directory.ts';

export const controls: readonly Control[] = [
  addedCapabilities,
  allowPrivilegeEscalation,
  dropAllCapabilities,
  hostIpc,
  hostNetwork,
  hostPid,
  imageVolume,
  privileged,
  readOnlyRootFilesystem,
  runAsNonRoot,
  runtimeSocket,
  sharedProcessNamespace,
  terminationMessagePath,
  unknownVolume,
  unmaskedProcMount,
  writableHostPath,
  writableProgramDirectory,
];
