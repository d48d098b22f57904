/** The failures of `system`: what this machine would not do, with the path and the reason it gave. */
import {
  escapeText,
  Failure,
  isErrno,
  messageOf,
  type FailureCatalogue,
  type FailureOptions,
} from '../core/index.ts';

export const SYSTEM_FAILURES = {
  SYSTEM_FILE_MISSING: {
    exitCode: 1,
    summary: 'A file or folder that is needed does not exist.',
    hint: 'Check the path for a typing error.',
  },
  SYSTEM_FILE_UNREADABLE: {
    exitCode: 1,
    summary: 'A file or folder exists, but this user may not read it.',
    hint: 'Check its owner and mode with ls -l, or run as the user that owns it.',
  },
  SYSTEM_FILE_NOT_REGULAR: {
    exitCode: 1,
    summary: 'A file is needed, and the path names a folder, a link, a pipe, a socket or a device.',
    hint: 'Give the path of the file itself.',
  },
  SYSTEM_FILE_CHANGED: {
    exitCode: 1,
    summary: 'A file was changed by somebody else while it was being used.',
    hint: 'Wait until nothing writes to it, then run the same command again.',
    aftermath: 'unchanged',
  },
  SYSTEM_FILE_EXISTS: {
    exitCode: 1,
    summary: 'A file of that name is there already, and nothing is ever overwritten.',
    hint: 'Choose another name, or move the old file away.',
    aftermath: 'unchanged',
  },
  SYSTEM_NOT_WRITABLE: {
    exitCode: 1,
    summary: 'This user may not write there, or the file system is read-only.',
    hint: 'Check the owner and mode of the folder with ls -ld, or choose another folder.',
    aftermath: 'unchanged',
  },
  SYSTEM_DISK_FULL: {
    exitCode: 1,
    summary: 'The disk or the quota is full.',
    hint: 'Free some space (df -h shows where), then run the same command again.',
    aftermath: 'unchanged',
  },
  SYSTEM_IO: {
    exitCode: 1,
    summary: 'The operating system refused a file operation for another reason; the message carries it.',
    hint: 'Look at the reason given; dmesg may say more about the disk.',
  },
  SYSTEM_LOCK_BUSY: {
    exitCode: 1,
    summary: 'Another process holds the lock; the details name it.',
    hint: 'Wait for it to end, then run the same command again.',
    aftermath: 'unchanged',
  },
} as const satisfies FailureCatalogue;

export type SystemCode = keyof typeof SYSTEM_FAILURES;

export class SystemFailure extends Failure<SystemCode> {
  constructor(code: SystemCode, message: string, options?: FailureOptions) {
    super(SYSTEM_FAILURES, code, message, options);
  }
}

const CODE_BY_ERRNO: Readonly<Record<string, SystemCode>> = {
  ENOENT: 'SYSTEM_FILE_MISSING',
  ENOTDIR: 'SYSTEM_FILE_MISSING',
  EISDIR: 'SYSTEM_FILE_NOT_REGULAR',
  ELOOP: 'SYSTEM_FILE_NOT_REGULAR',
  ENXIO: 'SYSTEM_FILE_NOT_REGULAR',
  EEXIST: 'SYSTEM_FILE_EXISTS',
  ENOSPC: 'SYSTEM_DISK_FULL',
  EDQUOT: 'SYSTEM_DISK_FULL',
  EROFS: 'SYSTEM_NOT_WRITABLE',
};

/**
 * Names what the machine refused. Anything that is not a system error comes back as it is, so that a catch block may
 * pass everything through here.
 */
export function toSystemFailure(
  error: unknown,
  { path, action }: { readonly path: string; readonly action: 'read' | 'write' },
): unknown {
  if (error instanceof Failure || !isErrno(error)) return error;
  const errno = String((error as NodeJS.ErrnoException).code);
  const denied = errno === 'EACCES' || errno === 'EPERM';
  const code = denied
    ? action === 'read'
      ? 'SYSTEM_FILE_UNREADABLE'
      : 'SYSTEM_NOT_WRITABLE'
    : (CODE_BY_ERRNO[errno] ?? 'SYSTEM_IO');
  return new SystemFailure(
    code,
    `Cannot ${action} ${escapeText(path)}: ${reasonOf(code, errno, messageOf(error))}.`,
    {
      details: { path, errno },
      cause: error,
    },
  );
}

function reasonOf(code: SystemCode, errno: string, message: string): string {
  switch (code) {
    case 'SYSTEM_FILE_MISSING':
      return 'it does not exist';
    case 'SYSTEM_FILE_UNREADABLE':
      return 'permission denied';
    case 'SYSTEM_NOT_WRITABLE':
      return 'permission denied, or the file system is read-only';
    case 'SYSTEM_FILE_NOT_REGULAR':
      return NOT_REGULAR_REASONS[errno] ?? 'it is not a regular file';
    case 'SYSTEM_FILE_EXISTS':
      return 'a file of that name is there already';
    case 'SYSTEM_DISK_FULL':
      return 'the disk or the quota is full';
    default:
      return escapeText(message);
  }
}

const NOT_REGULAR_REASONS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ELOOP: 'it is a symbolic link',
  ENXIO: 'it is a socket or a device that is not there',
};
