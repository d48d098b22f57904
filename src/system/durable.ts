/**
 * Writing so that a crash leaves the old or the new, never a mixture: temp file in the same folder, fsync, rename,
 * fsync of the folder. Nothing here follows a link that somebody placed in the way.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, rm, symlink, unlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { toSystemFailure } from './error.ts';

const NEW_FILE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

export interface WriteFileOptions {
  readonly mode?: number;
  /** Runs after the temp file is durable and before it takes the name; throwing leaves the old file in place. */
  readonly beforeRename?: () => Promise<void>;
  /** Fails with `SYSTEM_FILE_EXISTS` instead of replacing. */
  readonly exclusive?: boolean;
}

/**
 * Replaces (or, with `exclusive`, creates) a file as one step. Throws `SYSTEM_*`; the temp file is gone then. One that a
 * killed process left in the folder is removed on the way.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { mode = 0o644, beforeRename, exclusive = false }: WriteFileOptions = {},
): Promise<void> {
  const { removeAbandoned, unfinishedName } = await import('./abandoned.ts');
  await removeAbandoned(dirname(path));
  const temporary = await unfinishedName(path);
  try {
    const handle = await open(temporary, NEW_FILE, mode);
    try {
      await handle.writeFile(data);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await beforeRename?.();
    if (exclusive) {
      await link(temporary, path);
      await unlink(temporary);
    } else {
      await rename(temporary, path);
    }
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Creates a new file and opens it for reading and writing; an existing file or link of that name is an error. */
export async function createExclusive(path: string, mode = 0o600): Promise<FileHandle> {
  try {
    return await open(path, NEW_FILE, mode);
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Makes a link point elsewhere in one step: a temp link, renamed over the old one, and the folder fsynced. */
export async function replaceLink(path: string, target: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await symlink(target, temporary);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Makes names created, renamed or removed in a folder survive a power cut. Throws `SYSTEM_*`. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a folder, and its file systems keep the order of renames themselves.
  if (process.platform === 'win32') return;
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/** Creates a folder and the ones above it, durably. */
export async function makeDirectory(path: string, mode = 0o755): Promise<void> {
  try {
    const first = await mkdir(path, { recursive: true, mode });
    if (first === undefined) return;
    // Each new name lives in the folder above it.
    const top = dirname(resolve(first));
    for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
      await syncDirectory(folder);
      if (folder === top || folder === dirname(folder)) return;
    }
  } catch (error) {
    throw toSystemFailure(error, { path, action: 'write' });
  }
}

/**
 * A hidden name beside `path`, unguessable, so that no one can lie in wait at it. For links: whoever finds one left can tell
 * by what it says whose it is.
 */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}
