/** Every attack, in the order of its id; a test says that this is the folder. */
import type { Attack } from '../attack.ts';
import copyIn from './copy-in.ts';
import dropAndRun from './drop-and-run.ts';
import hostSysctl from './host-sysctl.ts';
import makeDevice from './make-device.ts';
import packageManager from './package-manager.ts';
import remountRoot from './remount-root.ts';
import replaceBinary from './replace-binary.ts';
import runFromMemory from './run-from-memory.ts';
import runScript from './run-script.ts';
import writeDev from './write-dev.ts';
import writeHosts from './write-hosts.ts';
import writeRoot from './write-root.ts';

export const attacks: readonly Attack[] = [
  copyIn,
  dropAndRun,
  hostSysctl,
  makeDevice,
  packageManager,
  remountRoot,
  replaceBinary,
  runFromMemory,
  runScript,
  writeDev,
  writeHosts,
  writeRoot,
];
