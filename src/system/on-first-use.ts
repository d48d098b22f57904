/** What most callers never call, each loaded when it is first called: whoever only reads a file pays for none of it. */
import type * as abandoned from './abandoned.ts';
import type * as contained from './contained-child.ts';
import type * as protections from './contained-protections.ts';
import type * as clockSync from './clock-sync.ts';
import type * as digestCache from './digest-cache.ts';
import type * as earlySync from './early-sync.ts';
import type * as fileCalls from './file-calls.ts';
import type * as fileSystem from './file-system.ts';
import type * as flock from './flock.ts';
import type * as abilities from './folder-abilities.ts';
import type * as freePort from './free-port.ts';
import type * as groups from './groups.ts';
import type * as httpExchange from './http-exchange.ts';
import type * as http from './http-request.ts';
import type * as jsonFile from './json-file.ts';
import type * as lock from './lock.ts';
import type * as machine from './machine.ts';
import type * as openFiles from './open-files.ts';
import type * as limits from './process-limits.ts';
import type * as serviceManager from './service-manager.ts';
import type * as machineDigest from './machine-digest.ts';
import type * as processorLoad from './processor-load.ts';
import type * as usage from './process-usage.ts';
import type * as replaced from './replaced-file.ts';
import type * as run from './run-command.ts';
import type * as newFile from './new-file.ts';
import type * as program from './run-program.ts';
import type * as unnamed from './unnamed-file.ts';

/** {@inheritDoc contained.spawnContained} */
export const spawnContained: typeof contained.spawnContained = async (program, options) =>
  (await import('./contained-child.ts')).spawnContained(program, options);

/** {@inheritDoc fileSystem.readFileSystem} */
export const readFileSystem: typeof fileSystem.readFileSystem = async (path) =>
  (await import('./file-system.ts')).readFileSystem(path);

/** {@inheritDoc fileSystem.isMountPoint} */
export const isMountPoint: typeof fileSystem.isMountPoint = async (path) =>
  (await import('./file-system.ts')).isMountPoint(path);

/** {@inheritDoc fileSystem.findMountBelow} */
export const findMountBelow: typeof fileSystem.findMountBelow = async (folder) =>
  (await import('./file-system.ts')).findMountBelow(folder);

/** {@inheritDoc groups.readGroupId} */
export const readGroupId: typeof groups.readGroupId = async (name) =>
  (await import('./groups.ts')).readGroupId(name);

/** {@inheritDoc jsonFile.readJsonFile} */
export const readJsonFile: typeof jsonFile.readJsonFile = async (path, options) =>
  (await import('./json-file.ts')).readJsonFile(path, options);

/** {@inheritDoc jsonFile.readObjectIfAny} */
export const readObjectIfAny: typeof jsonFile.readObjectIfAny = async (path) =>
  (await import('./json-file.ts')).readObjectIfAny(path);

/** {@inheritDoc lock.withLock} */
export const withLock: typeof lock.withLock = async (path, options, use) =>
  (await import('./lock.ts')).withLock(path, options, use);

/** {@inheritDoc lock.readLockHolder} */
export const readLockHolder: typeof lock.readLockHolder = async (path) =>
  (await import('./lock.ts')).readLockHolder(path);

/** {@inheritDoc machine.readMemory} */
export const readMemory: typeof machine.readMemory = async (options) =>
  (await import('./machine.ts')).readMemory(options);

/** {@inheritDoc machine.readProcess} */
export const readProcess: typeof machine.readProcess = async (pid) =>
  (await import('./machine.ts')).readProcess(pid);

/** {@inheritDoc machine.isRunning} */
export const isRunning: typeof machine.isRunning = async (facts) =>
  (await import('./machine.ts')).isRunning(facts);

/** {@inheritDoc http.requestHttp} */
export const requestHttp: typeof http.requestHttp = async (url, options) =>
  (await import('./http-request.ts')).requestHttp(url, options);

/** {@inheritDoc httpExchange.exchangeHttp} */
export const exchangeHttp: typeof httpExchange.exchangeHttp = async (url, options) =>
  (await import('./http-exchange.ts')).exchangeHttp(url, options);

/** {@inheritDoc run.runCommand} */
export const runCommand: typeof run.runCommand = async (command, options) =>
  (await import('./run-command.ts')).runCommand(command, options);

/** {@inheritDoc program.runProgram} */
export const runProgram: typeof program.runProgram = async (file, args, options) =>
  (await import('./run-program.ts')).runProgram(file, args, options);

/** {@inheritDoc abandoned.unfinishedName} */
export const unfinishedName: typeof abandoned.unfinishedName = async (...args) =>
  (await import('./abandoned.ts')).unfinishedName(...args);

/** {@inheritDoc abandoned.removeAbandoned} */
export const removeAbandoned: typeof abandoned.removeAbandoned = async (...args) =>
  (await import('./abandoned.ts')).removeAbandoned(...args);

/** {@inheritDoc fileCalls.loadFileCalls} */
export const loadFileCalls: typeof fileCalls.loadFileCalls = async (...args) =>
  (await import('./file-calls.ts')).loadFileCalls(...args);

/** {@inheritDoc fileSystem.findFolder} */
export const findFolder: typeof fileSystem.findFolder = async (...args) =>
  (await import('./file-system.ts')).findFolder(...args);

/** {@inheritDoc unnamed.createUnnamed} */
export const createUnnamed: typeof unnamed.createUnnamed = async (...args) =>
  (await import('./unnamed-file.ts')).createUnnamed(...args);

/** {@inheritDoc unnamed.canShareBlocks} */
export const canShareBlocks: typeof unnamed.canShareBlocks = async (...args) =>
  (await import('./unnamed-file.ts')).canShareBlocks(...args);

/** {@inheritDoc digestCache.hashOnce} */
export const hashOnce: typeof digestCache.hashOnce = async (...args) =>
  (await import('./digest-cache.ts')).hashOnce(...args);

/** {@inheritDoc digestCache.openDigestCache} */
export const openDigestCache = async (
  ...args: Parameters<typeof digestCache.openDigestCache>
): Promise<ReturnType<typeof digestCache.openDigestCache>> =>
  (await import('./digest-cache.ts')).openDigestCache(...args);

/** {@inheritDoc protections.findMissingProtections} */
export const findMissingProtections: typeof protections.findMissingProtections = async (...args) =>
  (await import('./contained-protections.ts')).findMissingProtections(...args);

/** {@inheritDoc clockSync.readClockSync} */
export const readClockSync: typeof clockSync.readClockSync = async (...args) =>
  (await import('./clock-sync.ts')).readClockSync(...args);

/** {@inheritDoc flock.loadFlock} */
export const loadFlock: typeof flock.loadFlock = async (...args) =>
  (await import('./flock.ts')).loadFlock(...args);

/** {@inheritDoc abilities.tryFolder} */
export const tryFolder: typeof abilities.tryFolder = async (...args) =>
  (await import('./folder-abilities.ts')).tryFolder(...args);

/** {@inheritDoc limits.readOpenFilesLimit} */
export const readOpenFilesLimit: typeof limits.readOpenFilesLimit = async (...args) =>
  (await import('./process-limits.ts')).readOpenFilesLimit(...args);

/** {@inheritDoc limits.readSwap} */
export const readSwap: typeof limits.readSwap = async (...args) =>
  (await import('./process-limits.ts')).readSwap(...args);

/** {@inheritDoc serviceManager.readServiceManager} */
export const readServiceManager: typeof serviceManager.readServiceManager = async (...args) =>
  (await import('./service-manager.ts')).readServiceManager(...args);

/** {@inheritDoc fileSystem.isReadOnly} */
export const isReadOnly: typeof fileSystem.isReadOnly = async (...args) =>
  (await import('./file-system.ts')).isReadOnly(...args);

/** {@inheritDoc openFiles.findOpenFiles} */
export const findOpenFiles: typeof openFiles.findOpenFiles = async (...args) =>
  (await import('./open-files.ts')).findOpenFiles(...args);

/** {@inheritDoc freePort.findFreePort} */
export const findFreePort: typeof freePort.findFreePort = async () =>
  (await import('./free-port.ts')).findFreePort();

/** {@inheritDoc machineDigest.readMachineDigest} */
export const readMachineDigest: typeof machineDigest.readMachineDigest = async (options) =>
  (await import('./machine-digest.ts')).readMachineDigest(options);

/** {@inheritDoc usage.readPeakResidentBytes} */
export const readPeakResidentBytes: typeof usage.readPeakResidentBytes = async (pid) =>
  (await import('./process-usage.ts')).readPeakResidentBytes(pid);

/** {@inheritDoc usage.readProcessCpuMs} */
export const readProcessCpuMs: typeof usage.readProcessCpuMs = async (pid) =>
  (await import('./process-usage.ts')).readProcessCpuMs(pid);

/** {@inheritDoc replaced.replaceFile} */
export const replaceFile: typeof replaced.replaceFile = async (...args) =>
  (await import('./replaced-file.ts')).replaceFile(...args);

/** {@inheritDoc newFile.withNewFile} */
export const withNewFile: typeof newFile.withNewFile = async (...args) =>
  (await import('./new-file.ts')).withNewFile(...args);

/** {@inheritDoc earlySync.withEarlySync} */
export const withEarlySync: typeof earlySync.withEarlySync = async (...args) =>
  (await import('./early-sync.ts')).withEarlySync(...args);

/** {@inheritDoc processorLoad.readProcessorLoad} */
export const readProcessorLoad: typeof processorLoad.readProcessorLoad = async (options) =>
  (await import('./processor-load.ts')).readProcessorLoad(options);
