/**
 * A file put in the place of another in one step, made from what the other holds: the new one shares its blocks with the old
 * where the file system can (reflink). A crash leaves the old file or the new one, and nothing of the old is ever overwritten.
 */
import { rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import process from 'node:process';
import { removeAbandoned, unfinishedName } from './abandoned.ts';
import { createExclusive, syncDirectory } from './durable.ts';
import { SystemFailure, toSystemFailure } from './error.ts';
import { loadFileCalls } from './file-calls.ts';
import { fileIdentity, sameIdentity, type FileSource } from './file-source.ts';

export interface ReplacingFile {
  readonly handle: FileHandle;
  /** For messages. */
  readonly path: string;
  /** Holds what the old file holds already; else it is empty. */
  readonly isClone: boolean;
}

export interface ReplaceFileOptions {
  /** False: it starts empty in any case. */
  readonly mayShareBlocks?: boolean;
}

/**
 * `source` is the open file that stands at its path, by its real name; mode and owner are kept. Throws `SYSTEM_FILE_CHANGED`
 * where something else has come to stand there meanwhile, other `SYSTEM_*`, and what `write` throws; the old file stays then.
 */
export async function replaceFile(
  source: FileSource,
  { mayShareBlocks = true }: ReplaceFileOptions,
  write: (file: ReplacingFile) => Promise<void>,
): Promise<void> {
  const { path } = source;
  await removeAbandoned(dirname(path));
  const temporary = await unfinishedName(path);
  const handle = await createExclusive(temporary);
  try {
    try {
      await write({ handle, path, isClone: mayShareBlocks && (await share(handle, source)) });
      await keepOwner(handle, source);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await assertInPlace(source);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** By descriptor: what is cloned is what was read. */
async function share(handle: FileHandle, source: FileSource): Promise<boolean> {
  const calls = await loadFileCalls();
  try {
    calls?.shareBlocks(handle.fd, source.handle.fd);
    return calls !== null;
  } catch {
    return false;
  }
}

async function keepOwner(handle: FileHandle, source: FileSource): Promise<void> {
  const { mode, uid, gid } = await source.handle.stat();
  // Only root may give a file away; whoever else writes here becomes its owner, as with any copy.
  if (uid !== process.getuid?.()) await handle.chown(uid, gid).catch(() => undefined);
  await handle.chmod(mode & 0o777);
}

async function assertInPlace(source: FileSource): Promise<void> {
  await source.assertUnchanged();
  if (sameIdentity(await fileIdentity(source.path), source.identity)) return;
  throw new SystemFailure('SYSTEM_FILE_CHANGED', `${source.name} was replaced meanwhile.`, {
    details: { path: source.path, expected: 'the file that was read', received: 'another one' },
  });
}
