/** `system`: how to do things to this machine: durable files, byte sources, locks, subprocesses, clock, facts. */
export { fixedClock, systemClock, type Clock } from './clock.ts';
export { compiledSibling } from './compiled-sibling.ts';
export type { ContainedChild, ContainedOptions, ContainedProgram } from './contained-child.ts';
export type { ContainedEnd } from './contained-end.ts';
export type { ContainedLimits } from './contained-protections.ts';
export { createSha256, hashBytes, hashSource, type HashOptions } from './digest.ts';
export type { DigestCache, DigestCacheOptions, HashOnceOptions, WatchedFile } from './digest-cache.ts';
export {
  createExclusive,
  makeDirectory,
  replaceLink,
  syncDirectory,
  temporaryName,
  writeFileAtomic,
  type WriteFileOptions,
} from './durable.ts';
export { SYSTEM_FAILURES, SystemFailure, toSystemFailure, type SystemCode } from './error.ts';
export type { FileCalls } from './file-calls.ts';
export {
  fileIdentity,
  openFileSource,
  sameIdentity,
  withFileSource,
  type FileIdentity,
  type FileSource,
} from './file-source.ts';
export type { FolderAbilities } from './folder-abilities.ts';
export type { FileSystemFacts } from './file-system.ts';
export type {
  HttpExchangeEnd,
  HttpExchangeLimits,
  HttpExchangeOptions,
  HttpHead,
  HttpPart,
} from './http-exchange.ts';
export type { HttpAnswer, HttpRequestOptions } from './http-request.ts';
export type { LockOptions } from './lock.ts';
export type { LockHolder } from './lock-holder.ts';
export type { MemoryFacts, ProcessFacts } from './machine.ts';
export { describeMissing, type MissingProtection, type Protection } from './missing-protection.ts';
export {
  canShareBlocks,
  createUnnamed,
  exchangeHttp,
  findMissingProtections,
  findFolder,
  findMountBelow,
  findOpenFiles,
  findFreePort,
  hashOnce,
  isMountPoint,
  isReadOnly,
  isRunning,
  loadFileCalls,
  loadFlock,
  openDigestCache,
  readClockSync,
  readFileSystem,
  readGroupId,
  readJsonFile,
  readLockHolder,
  readMachineDigest,
  readMemory,
  readOpenFilesLimit,
  readObjectIfAny,
  readPeakResidentBytes,
  readProcessCpuMs,
  readProcess,
  readProcessorLoad,
  readServiceManager,
  readSwap,
  removeAbandoned,
  replaceFile,
  requestHttp,
  runCommand,
  runProgram,
  spawnContained,
  tryFolder,
  unfinishedName,
  withEarlySync,
  withLock,
  withNewFile,
} from './on-first-use.ts';
export type { OpenFile, OpenFiles, OpenFilesQuery } from './open-files.ts';
export type { ReplaceFileOptions, ReplacingFile } from './replaced-file.ts';
export type { ProcessorLoad } from './processor-load.ts';
export type { CommandEnd, RunCommandOptions } from './run-command.ts';
export type { ProgramEnd, RunProgramOptions } from './run-program.ts';
export type { ServiceManagerFacts } from './service-manager.ts';
export {
  resolveStateDirectory,
  stateDirectory,
  type StateDirectory,
  type StateDirectoryOptions,
} from './state-directory.ts';
export type { UnnamedFile } from './unnamed-file.ts';
