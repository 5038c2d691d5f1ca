/** Every attack, in the order of its id; a test says that this is the folder. */
import type { Attack } from '../attack.ts';
import copyIn from './copy-in.ts';
import dropAndRun from './drop-and-run.ts';
import escalateBySetuid from './escalate-by-setuid.ts';
import hostSysctl from './host-sysctl.ts';
import makeDevice from './make-device.ts';
import overwriteLibrary from './overwrite-library.ts';
import packageManager from './package-manager.ts';
import preloadLibrary from './preload-library.ts';
import remountRoot from './remount-root.ts';
import replaceBinary from './replace-binary.ts';
import runByLoader from './run-by-loader.ts';
import runDeletedFile from './run-deleted-file.ts';
import runFromMemory from './run-from-memory.ts';
import runScript from './run-script.ts';
import setuidFile from './setuid-file.ts';
import writeDev from './write-dev.ts';
import writeHosts from './write-hosts.ts';
import writeRoot from './write-root.ts';

export const attacks: readonly Attack[] = [
  copyIn,
  dropAndRun,
  escalateBySetuid,
  hostSysctl,
  makeDevice,
  overwriteLibrary,
  packageManager,
  preloadLibrary,
  remountRoot,
  replaceBinary,
  runByLoader,
  runDeletedFile,
  runFromMemory,
  runScript,
  setuidFile,
  writeDev,
  writeHosts,
  writeRoot,
];
