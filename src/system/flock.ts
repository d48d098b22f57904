/** flock(2), which Node does not have, through koffi; loaded on first use, absent where koffi has no build. */
import { constants } from 'node:os';
import process from 'node:process';
import { errnoError } from './errno-error.ts';

const LOCK_EX_NB = 2 | 4;

/** Tries to take the exclusive lock on an open descriptor, without waiting. Throws where the file system has no locks. */
export type TryFlock = (fd: number) => boolean;

/** Null where the machine has no flock(2) that can be called. */
export async function loadFlock(): Promise<TryFlock | null> {
  if (process.platform === 'win32') return null;
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(process.platform === 'darwin' ? 'libSystem.dylib' : 'libc.so.6');
    const flock = library.func('int flock(int fd, int operation)');
    const { EAGAIN, EWOULDBLOCK, EINTR } = constants.errno;
    return (fd) => {
      if (flock(fd, LOCK_EX_NB) === 0) return true;
      const errno = koffi.errno();
      if (errno === EAGAIN || errno === EWOULDBLOCK || errno === EINTR) return false;
      throw errnoError('flock(2)', errno);
    };
  } catch {
    return null;
  }
}
