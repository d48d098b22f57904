/** What files in a folder can do, tried with files that never get a name: nothing is seen of it, and nothing is left. */
import { messageOf } from '../core/index.ts';
import { loadFileCalls } from './file-calls.ts';
import { loadFlock } from './flock.ts';
import { createUnnamed } from './unnamed-file.ts';

export interface FolderAbilities {
  /** Files without a name (O_TMPFILE); where there are none, nothing else can be tried. */
  readonly hasUnnamedFiles: boolean;
  /** Why a lock (flock) could not be taken; null where it could, or could not be tried. */
  readonly lockRefusal: string | null;
  /** Whether two files can share their blocks (reflink); null where that could not be tried. */
  readonly sharesBlocks: boolean | null;
}

export async function tryFolder(path: string): Promise<FolderAbilities> {
  const file = await createUnnamed(path);
  const other = file === null ? null : await createUnnamed(path);
  if (file === null || other === null) {
    await file?.handle.close();
    return { hasUnnamedFiles: false, lockRefusal: null, sharesBlocks: null };
  }
  try {
    return {
      hasUnnamedFiles: true,
      lockRefusal: await tryLock(file.handle.fd),
      sharesBlocks: await trySharing(other.handle.fd, file.handle.fd),
    };
  } finally {
    await Promise.all([file.handle.close(), other.handle.close()]);
  }
}

async function tryLock(fd: number): Promise<string | null> {
  const tryFlock = await loadFlock();
  try {
    return tryFlock === null || tryFlock(fd) ? null : 'somebody else holds it';
  } catch (error) {
    return messageOf(error);
  }
}

async function trySharing(targetFd: number, sourceFd: number): Promise<boolean> {
  const calls = await loadFileCalls();
  try {
    calls?.shareBlocks(targetFd, sourceFd);
    return calls !== null;
  } catch {
    return false;
  }
}
