/**
 * A new file that is there whole or not at all: made under a temp name in its folder, durable, then linked to the first
 * free name, so that nothing is ever overwritten.
 */
import { link, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from '../core/index.ts';
import {
  createExclusive,
  syncDirectory,
  SystemFailure,
  temporaryName,
  toSystemFailure,
} from '../system/index.ts';

/** A second file of the same name gets `-2`, and so on. */
const MAX_NAMES = 1000;

/**
 * Hands a new file to `write`, with the path that messages should name, then makes it durable and gives it `name(1)`, or
 * the first of `name(2)` … that is free. Whatever fails leaves nothing behind. Returns the path.
 */
export async function withNewFile(
  {
    directory,
    name,
    mode = 0o644,
  }: { readonly directory: string; readonly name: (no: number) => string; readonly mode?: number },
  write: (handle: FileHandle, path: string) => Promise<void>,
): Promise<string> {
  const wanted = join(directory, name(1));
  const temporary = temporaryName(wanted);
  try {
    const handle = await createIn(directory, temporary, mode);
    try {
      await write(handle, wanted);
      await handle.sync();
    } finally {
      await handle.close();
    }
    const path = await linkToFreeName(temporary, directory, name);
    await rm(temporary, { force: true });
    await syncDirectory(directory);
    return path;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw toSystemFailure(error, { path: wanted, action: 'write' });
  }
}

/** Whoever may not write there knows the folder, and never saw the temp name. */
async function createIn(directory: string, temporary: string, mode: number): Promise<FileHandle> {
  try {
    return await createExclusive(temporary, mode);
  } catch (error) {
    const reason = error instanceof SystemFailure ? error.cause : error;
    throw toSystemFailure(reason, { path: directory, action: 'write' });
  }
}

async function linkToFreeName(
  temporary: string,
  directory: string,
  name: (no: number) => string,
): Promise<string> {
  for (let no = 1; ; no += 1) {
    const path = join(directory, name(no));
    try {
      await place(temporary, path);
      return path;
    } catch (error) {
      if (!isTaken(error) || no === MAX_NAMES) throw error;
    }
  }
}

/** link(2) never replaces. File systems without it (FAT) get an exclusive empty file first, then the rename over it. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if (!isErrno(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS')) throw error;
    await (await createExclusive(path)).close();
    await rename(temporary, path);
  }
}

function isTaken(error: unknown): boolean {
  return isErrno(error, 'EEXIST') || (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_EXISTS');
}
