/** What most callers never call, each loaded when it is first called: whoever only reads a file pays for none of it. */
import type * as abandoned from './abandoned.ts';
import type * as contained from './contained-child.ts';
import type * as digestCache from './digest-cache.ts';
import type * as fileCalls from './file-calls.ts';
import type * as fileSystem from './file-system.ts';
import type * as freePort from './free-port.ts';
import type * as groups from './groups.ts';
import type * as http from './http-request.ts';
import type * as jsonFile from './json-file.ts';
import type * as lock from './lock.ts';
import type * as machine from './machine.ts';
import type * as machineDigest from './machine-digest.ts';
import type * as resident from './resident-memory.ts';
import type * as run from './run-command.ts';
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

/** {@inheritDoc run.runCommand} */
export const runCommand: typeof run.runCommand = async (command, options) =>
  (await import('./run-command.ts')).runCommand(command, options);

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

/** {@inheritDoc freePort.findFreePort} */
export const findFreePort: typeof freePort.findFreePort = async () =>
  (await import('./free-port.ts')).findFreePort();

/** {@inheritDoc machineDigest.readMachineDigest} */
export const readMachineDigest: typeof machineDigest.readMachineDigest = async (options) =>
  (await import('./machine-digest.ts')).readMachineDigest(options);

/** {@inheritDoc resident.readPeakResidentBytes} */
export const readPeakResidentBytes: typeof resident.readPeakResidentBytes = async (pid) =>
  (await import('./resident-memory.ts')).readPeakResidentBytes(pid);
