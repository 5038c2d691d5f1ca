/** Every attack, in the order of its id; a test says that this is the folder. */
import type { Attack } from '../attack.ts';
import bindOverFile from './bind-over-file.ts';
import changeRoot from './change-root.ts';
import copyIn from './copy-in.ts';
import dropAndRun from './drop-and-run.ts';
import enterNamespace from './enter-namespace.ts';
import escalateBySetuid from './escalate-by-setuid.ts';
import hostDisk from './host-disk.ts';
import hostSysctl from './host-sysctl.ts';
import injectProcess from './inject-process.ts';
import kernelHelper from './kernel-helper.ts';
import kernelKeyring from './kernel-keyring.ts';
import kernelLog from './kernel-log.ts';
import loadBpf from './load-bpf.ts';
import loadModule from './load-module.ts';
import loopDevice from './loop-device.ts';
import makeDevice from './make-device.ts';
import maskDirectory from './mask-directory.ts';
import mountProc from './mount-proc.ts';
import openByHandle from './open-by-handle.ts';
import overlayRoot from './overlay-root.ts';
import overwriteLibrary from './overwrite-library.ts';
import packageManager from './package-manager.ts';
import preloadLibrary from './preload-library.ts';
import readDisk from './read-disk.ts';
import releaseAgent from './release-agent.ts';
import remountRoot from './remount-root.ts';
import remountVolume from './remount-volume.ts';
import replaceBinary from './replace-binary.ts';
import runByLoader from './run-by-loader.ts';
import runDeletedFile from './run-deleted-file.ts';
import runFromMemory from './run-from-memory.ts';
import runScript from './run-script.ts';
import setuidFile from './setuid-file.ts';
import triggerSysrq from './trigger-sysrq.ts';
import userNamespace from './user-namespace.ts';
import writeDev from './write-dev.ts';
import writeHosts from './write-hosts.ts';
import writeInNamespace from './write-in-namespace.ts';
import writeRoot from './write-root.ts';
import writeSys from './write-sys.ts';

export const attacks: readonly Attack[] = [
  bindOverFile,
  changeRoot,
  copyIn,
  dropAndRun,
  enterNamespace,
  escalateBySetuid,
  hostDisk,
  hostSysctl,
  injectProcess,
  kernelHelper,
  kernelKeyring,
  kernelLog,
  loadBpf,
  loadModule,
  loopDevice,
  makeDevice,
  maskDirectory,
  mountProc,
  openByHandle,
  overlayRoot,
  overwriteLibrary,
  packageManager,
  preloadLibrary,
  readDisk,
  releaseAgent,
  remountRoot,
  remountVolume,
  replaceBinary,
  runByLoader,
  runDeletedFile,
  runFromMemory,
  runScript,
  setuidFile,
  triggerSysrq,
  userNamespace,
  writeDev,
  writeHosts,
  writeInNamespace,
  writeRoot,
  writeSys,
];
