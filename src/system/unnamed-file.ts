/**
 * A file that has no name until it is whole (O_TMPFILE, open(2)): whoever dies before that, however he dies, leaves
 * nothing, since the kernel frees what no name leads to.
 */
import { constants } from 'node:fs';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import { descriptorPath, loadFileCalls, type FileCalls } from './file-calls.ts';
import { openFileSource } from './file-source.ts';

export interface UnnamedFile {
  /** Open for reading and writing. Closing it ends the file, unless it has a name by then. */
  readonly handle: FileHandle;
  /** Never replaces: throws an error with the code `EEXIST` where the name is taken. */
  giveName(path: string): void;
}

/** __O_TMPFILE of the kernel, the same on x64 and arm64; Node does not name it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/**
 * A file in a folder, without a name; null where the file system, the kernel or this machine has no such files. Whoever gets
 * null goes the way with a name, which also says what is wrong with the folder.
 */
export async function createUnnamed(directory: string, mode = 0o600): Promise<UnnamedFile | null> {
  const calls = await loadFileCalls();
  const handle = calls === null ? null : await openUnnamed(directory, mode);
  if (calls === null || handle === null) return null;
  return { handle, giveName: (path) => calls.nameOpenFile(handle.fd, path) };
}

/**
 * Whether a new file in a folder can share its blocks with an existing file (reflink): found out with a file that has no
 * name, so that nothing is seen, and nothing left. False where that cannot be found out.
 */
export async function canShareBlocks(path: string, directory: string): Promise<boolean> {
  const calls = await loadFileCalls();
  const target = calls === null ? null : await openUnnamed(directory, 0o600);
  if (calls === null || target === null) return false;
  try {
    return await shares(calls, path, target);
  } catch {
    return false;
  } finally {
    await target.close();
  }
}

async function shares(calls: FileCalls, path: string, target: FileHandle): Promise<boolean> {
  const source = await openFileSource(path);
  try {
    calls.shareBlocks(target.fd, source.handle.fd);
    return true;
  } finally {
    await source.close();
  }
}

async function openUnnamed(directory: string, mode: number): Promise<FileHandle | null> {
  try {
    const handle = await open(directory, O_TMPFILE | constants.O_RDWR, mode);
    try {
      // Without /proc it could never be given a name.
      await readlink(descriptorPath(handle.fd));
      return handle;
    } catch {
      await handle.close();
      return null;
    }
  } catch {
    return null;
  }
}
