/** Every attack, in the order of its id; a test says that this is the folder. */
import type { Attack } from '../attack.ts';
import attachProcess from './attach-process.ts';
import copyByShell from './copy-by-shell.ts';
import copyIn from './copy-in.ts';
import copyInCluster from './copy-in-cluster.ts';
import dropAndRun from './drop-and-run.ts';
import ephemeralContainer from './ephemeral-container.ts';
import execCommand from './exec-command.ts';
import hostSysctl from './host-sysctl.ts';
import makeDevice from './make-device.ts';
import packageManager from './package-manager.ts';
import portForward from './port-forward.ts';
import remountRoot from './remount-root.ts';
import replaceBinary from './replace-binary.ts';
import runFromMemory from './run-from-memory.ts';
import runScript from './run-script.ts';
import writeDev from './write-dev.ts';
import writeHosts from './write-hosts.ts';
import writeRoot from './write-root.ts';

export const attacks: readonly Attack[] = [
  attachProcess,
  copyByShell,
  copyIn,
  copyInCluster,
  dropAndRun,
  ephemeralContainer,
  execCommand,
  hostSysctl,
  makeDevice,
  packageManager,
  portForward,
  remountRoot,
  replaceBinary,
  runFromMemory,
  runScript,
  writeDev,
  writeHosts,
  writeRoot,
];
