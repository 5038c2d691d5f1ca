/** Every attack, in the order of its id; a test says that this is the folder. */
import type { Attack } from '../attack.ts';
import appendToFile from './append-to-file.ts';
import attachProcess from './attach-process.ts';
import bindOverFile from './bind-over-file.ts';
import changeMode from './change-mode.ts';
import changeOwner from './change-owner.ts';
import changeRoot from './change-root.ts';
import copyByShell from './copy-by-shell.ts';
import copyIn from './copy-in.ts';
import copyInCluster from './copy-in-cluster.ts';
import copyThroughShell from './copy-through-shell.ts';
import deleteFile from './delete-file.ts';
import dropAndRun from './drop-and-run.ts';
import editAccounts from './edit-accounts.ts';
import enterNamespace from './enter-namespace.ts';
import ephemeralContainer from './ephemeral-container.ts';
import escalateBySetuid from './escalate-by-setuid.ts';
import execCommand from './exec-command.ts';
import hardLink from './hard-link.ts';
import hostDisk from './host-disk.ts';
import hostPathSymlink from './host-path-symlink.ts';
import hostSysctl from './host-sysctl.ts';
import injectProcess from './inject-process.ts';
import installApk from './install-apk.ts';
import installApt from './install-apt.ts';
import installGem from './install-gem.ts';
import installIntoVolume from './install-into-volume.ts';
import installNpm from './install-npm.ts';
import installPip from './install-pip.ts';
import installRpm from './install-rpm.ts';
import kernelHelper from './kernel-helper.ts';
import kernelKeyring from './kernel-keyring.ts';
import kernelLog from './kernel-log.ts';
import loadBpf from './load-bpf.ts';
import loadModule from './load-module.ts';
import loopDevice from './loop-device.ts';
import makeDevice from './make-device.ts';
import makeDirectory from './make-directory.ts';
import maskDirectory from './mask-directory.ts';
import mountProc from './mount-proc.ts';
import neighbourFiles from './neighbour-files.ts';
import neighbourMemory from './neighbour-memory.ts';
import neighbourSignal from './neighbour-signal.ts';
import openByHandle from './open-by-handle.ts';
import overlayRoot from './overlay-root.ts';
import overwriteFile from './overwrite-file.ts';
import overwriteLibrary from './overwrite-library.ts';
import plantCertificate from './plant-certificate.ts';
import plantLibrary from './plant-library.ts';
import plantStartUp from './plant-start-up.ts';
import portForward from './port-forward.ts';
import preloadEverywhere from './preload-everywhere.ts';
import preloadLibrary from './preload-library.ts';
import readDisk from './read-disk.ts';
import releaseAgent from './release-agent.ts';
import remountRoot from './remount-root.ts';
import remountVolume from './remount-volume.ts';
import renameFile from './rename-file.ts';
import replaceBinary from './replace-binary.ts';
import runByLoader from './run-by-loader.ts';
import runDeletedFile from './run-deleted-file.ts';
import runFromMemory from './run-from-memory.ts';
import runScript from './run-script.ts';
import runtimeSocket from './runtime-socket.ts';
import selfUpdate from './self-update.ts';
import setExtendedAttribute from './set-extended-attribute.ts';
import setuidFile from './setuid-file.ts';
import symbolicLink from './symbolic-link.ts';
import triggerSysrq from './trigger-sysrq.ts';
import truncateFile from './truncate-file.ts';
import userNamespace from './user-namespace.ts';
import writeApplication from './write-application.ts';
import writeDev from './write-dev.ts';
import writeHome from './write-home.ts';
import writeHostPath from './write-host-path.ts';
import writeHosts from './write-hosts.ts';
import writeInNamespace from './write-in-namespace.ts';
import writeResolver from './write-resolver.ts';
import writeRoot from './write-root.ts';
import writeSys from './write-sys.ts';
import writeThroughProc from './write-through-proc.ts';
import writeThroughSymlink from './write-through-symlink.ts';

export const attacks: readonly Attack[] = [
  appendToFile,
  attachProcess,
  bindOverFile,
  changeMode,
  changeOwner,
  changeRoot,
  copyByShell,
  copyIn,
  copyInCluster,
  copyThroughShell,
  deleteFile,
  dropAndRun,
  editAccounts,
  enterNamespace,
  ephemeralContainer,
  escalateBySetuid,
  execCommand,
  hardLink,
  hostDisk,
  hostPathSymlink,
  hostSysctl,
  injectProcess,
  installApk,
  installApt,
  installGem,
  installIntoVolume,
  installNpm,
  installPip,
  installRpm,
  kernelHelper,
  kernelKeyring,
  kernelLog,
  loadBpf,
  loadModule,
  loopDevice,
  makeDevice,
  makeDirectory,
  maskDirectory,
  mountProc,
  neighbourFiles,
  neighbourMemory,
  neighbourSignal,
  openByHandle,
  overlayRoot,
  overwriteFile,
  overwriteLibrary,
  plantCertificate,
  plantLibrary,
  plantStartUp,
  portForward,
  preloadEverywhere,
  preloadLibrary,
  readDisk,
  releaseAgent,
  remountRoot,
  remountVolume,
  renameFile,
  replaceBinary,
  runByLoader,
  runDeletedFile,
  runFromMemory,
  runScript,
  runtimeSocket,
  selfUpdate,
  setExtendedAttribute,
  setuidFile,
  symbolicLink,
  triggerSysrq,
  truncateFile,
  userNamespace,
  writeApplication,
  writeDev,
  writeHome,
  writeHostPath,
  writeHosts,
  writeInNamespace,
  writeResolver,
  writeRoot,
  writeSys,
  writeThroughProc,
  writeThroughSymlink,
];
