/**
 * What Linux can do with files and Node cannot ask for: a name for a file without one, a rename that never replaces, one that
 * exchanges, and shared blocks. Through koffi; loaded on first use, absent where koffi has no build.
 */
import process from 'node:process';
import { errnoError } from './errno-error.ts';

export interface FileCalls {
  /** linkat(2) with AT_SYMLINK_FOLLOW: gives the open file a name; `EEXIST` where it is taken. */
  nameOpenFile(fd: number, path: string): void;
  /** renameat2(2) with RENAME_NOREPLACE: `EEXIST` where the name is taken, `EINVAL` where the file system has no such rename. */
  renameWithoutReplacing(from: string, to: string): void;
  /**
   * renameat2(2) with RENAME_EXCHANGE: two names change places in one step, whatever they name; `ENOSYS` or `EINVAL` where the
   * kernel or the file system has no such rename, `EXDEV` where they lie on two.
   */
  exchange(a: string, b: string): void;
  /** ioctl_ficlone(2): makes the target share all blocks of the source; `EOPNOTSUPP` or `EXDEV` where it cannot. */
  shareBlocks(targetFd: number, sourceFd: number): void;
}

const AT_FDCWD = -100;
const AT_SYMLINK_FOLLOW = 0x400;
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;
/** _IOW(0x94, 9, int), the same number on x64 and arm64. */
const FICLONE = 0x40049409;

/** Null where these calls cannot be made. */
export async function loadFileCalls(): Promise<FileCalls | null> {
  if (process.platform !== 'linux') return null;
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load('libc.so.6');
    const linkat = library.func('int linkat(int, const char *, int, const char *, int)');
    const renameat2 = library.func('int renameat2(int, const char *, int, const char *, unsigned int)');
    const ioctl = library.func('int ioctl(int, unsigned long, ...)');
    const assertDone = (call: string, result: unknown): void => {
      if (result !== 0) throw errnoError(call, koffi.errno());
    };
    return {
      nameOpenFile(fd, path) {
        // The other way, AT_EMPTY_PATH, is root's alone on most kernels.
        assertDone('linkat(2)', linkat(AT_FDCWD, descriptorPath(fd), AT_FDCWD, path, AT_SYMLINK_FOLLOW));
      },
      renameWithoutReplacing(from, to) {
        assertDone('renameat2(2)', renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE));
      },
      exchange(a, b) {
        assertDone('renameat2(2)', renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE));
      },
      shareBlocks(targetFd, sourceFd) {
        assertDone('ioctl(FICLONE)', ioctl(targetFd, FICLONE, 'int', sourceFd));
      },
    };
  } catch {
    return null;
  }
}

/** proc_pid_fd(5): leads to the open file, whether it has a name or not. */
export function descriptorPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}
