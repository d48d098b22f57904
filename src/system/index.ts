/** `system`: how to do things to this machine: durable files, byte sources, locks, subprocesses, clock, facts. */
export { fixedClock, systemClock, type Clock } from './clock.ts';
export {
  describeMissing,
  spawnContained,
  type ContainedChild,
  type ContainedOptions,
  type ContainedProgram,
} from './contained-child.ts';
export type { ContainedEnd } from './contained-end.ts';
export type { ContainedLimits, MissingProtection } from './contained-protections.ts';
export { createSha256, hashBytes, hashSource, type HashOptions } from './digest.ts';
export {
  hashOnce,
  openDigestCache,
  type DigestCache,
  type DigestCacheOptions,
  type HashOnceOptions,
  type WatchedFile,
} from './digest-cache.ts';
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
export {
  fileIdentity,
  openFileSource,
  sameIdentity,
  withFileSource,
  type FileIdentity,
  type FileSource,
} from './file-source.ts';
export { isMountPoint, readFileSystem, type FileSystemFacts } from './file-system.ts';
export { readGroupId } from './groups.ts';
export { readJsonFile, readObjectIfAny } from './json-file.ts';
export { readLockHolder, withLock, type LockHolder, type LockOptions } from './lock.ts';
export { isRunning, readMemory, readProcess, type MemoryFacts, type ProcessFacts } from './machine.ts';
export {
  resolveStateDirectory,
  stateDirectory,
  type StateDirectory,
  type StateDirectoryOptions,
} from './state-directory.ts';
