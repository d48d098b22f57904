/**
 * A new file that is there whole or not at all, whatever ends the process: it has no name while it is written, is made
 * durable, and then takes the first free name, so that nothing is ever overwritten. Where files need a name from the start
 * (FAT, NFS), it is a hidden one that says who is at work, and the next packing removes what a dead process left.
 */
import { link, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { isErrno } from '../core/index.ts';
import { removeAbandoned, unfinishedName } from './abandoned.ts';
import { createExclusive, syncDirectory } from './durable.ts';
import { SystemFailure, toSystemFailure } from './error.ts';
import { loadFileCalls } from './file-calls.ts';
import { createUnnamed } from './unnamed-file.ts';

/** A second file of the same name gets `-2`, and so on. */
const MAX_NAMES = 1000;

export interface NewFileOptions {
  readonly directory: string;
  readonly name: (no: number) => string;
  readonly mode?: number;
  /** False goes the way of file systems on which every file has a name. */
  readonly mayBeUnnamed?: boolean;
  /** False: it never gets a name, and is gone when `write` is done. */
  readonly keep?: boolean;
}

/**
 * Hands a new file to `write`, with the path that messages should name, and one by which another process of
 * ours can open it meanwhile; then makes it durable and gives it `name(1)`, or
 * the first of `name(2)` … that is free. Whatever fails leaves nothing behind. Returns the path, or the one that it would have had.
 */
export async function withNewFile(
  { directory, name, mode = 0o644, mayBeUnnamed = true, keep = true }: NewFileOptions,
  write: (handle: FileHandle, path: string, writablePath: string) => Promise<void>,
): Promise<string> {
  const wanted = join(directory, name(1));
  try {
    await removeAbandoned(directory);
    const file =
      (mayBeUnnamed ? await openUnnamed(directory, mode) : null) ?? (await openHidden(wanted, mode));
    try {
      await write(file.handle, wanted, file.writablePath);
      if (!keep) {
        await file.end();
        return wanted;
      }
      await file.handle.sync();
      const path = await takeFreeName(file, directory, name);
      await file.end();
      await syncDirectory(directory);
      return path;
    } catch (error) {
      await file.end().catch(() => undefined);
      throw error;
    }
  } catch (error) {
    throw toSystemFailure(error, { path: wanted, action: 'write' });
  }
}

/** A file that can be given a name, and is nothing more than that name afterwards. */
interface OpenedFile {
  readonly handle: FileHandle;
  readonly writablePath: string;
  takeName(path: string): Promise<void>;
  end(): Promise<void>;
}

async function openUnnamed(directory: string, mode: number): Promise<OpenedFile | null> {
  const file = await createUnnamed(directory, mode);
  if (file === null) return null;
  const { handle } = file;
  return {
    handle,
    writablePath: `/proc/${process.pid}/fd/${handle.fd}`,
    takeName: async (path) => file.giveName(path),
    end: () => handle.close(),
  };
}

async function openHidden(wanted: string, mode: number): Promise<OpenedFile> {
  const hidden = await unfinishedName(wanted);
  const handle = await createIn(join(wanted, '..'), hidden, mode);
  return {
    handle,
    writablePath: hidden,
    takeName: (path) => place(hidden, path),
    async end() {
      await handle.close();
      await rm(hidden, { force: true });
    },
  };
}

/** Whoever may not write there knows the folder, and never saw the hidden name. */
async function createIn(directory: string, hidden: string, mode: number): Promise<FileHandle> {
  try {
    return await createExclusive(hidden, mode);
  } catch (error) {
    const reason = error instanceof SystemFailure ? error.cause : error;
    throw toSystemFailure(reason, { path: directory, action: 'write' });
  }
}

async function takeFreeName(
  file: OpenedFile,
  directory: string,
  name: (no: number) => string,
): Promise<string> {
  for (let no = 1; ; no += 1) {
    const path = join(directory, name(no));
    try {
      await file.takeName(path);
      return path;
    } catch (error) {
      if (!isTaken(error) || no === MAX_NAMES) throw error;
    }
  }
}

/** link(2) never replaces. File systems without it (FAT) are asked for a rename that does not replace either. */
async function place(hidden: string, path: string): Promise<void> {
  try {
    await link(hidden, path);
  } catch (error) {
    if (!isErrno(error, ...WITHOUT_CALL)) throw error;
    await renameToFree(hidden, path);
  }
}

const WITHOUT_CALL = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'] as const;

/** Where even that is missing, an exclusive empty file keeps the name until the rename over it. */
async function renameToFree(hidden: string, path: string): Promise<void> {
  const calls = await loadFileCalls();
  try {
    if (calls !== null) return calls.renameWithoutReplacing(hidden, path);
  } catch (error) {
    if (!isErrno(error, ...WITHOUT_CALL)) throw error;
  }
  await (await createExclusive(path)).close();
  await rename(hidden, path);
}

function isTaken(error: unknown): boolean {
  return isErrno(error, 'EEXIST') || (error instanceof SystemFailure && error.code === 'SYSTEM_FILE_EXISTS');
}
