import { describe, expect, it } from 'vitest';
import { CoreFailure } from '../../../src/core/index.ts';
import { SystemFailure, toSystemFailure } from '../../../src/system/error.ts';

const errno = (code: string): Error => Object.assign(new Error(`${code}: said so\u001b[0m`), { code });

describe('toSystemFailure', () => {
  it.each([
    ['ENOENT', 'read', 'SYSTEM_FILE_MISSING', 'Cannot read /srv/x: it does not exist.'],
    ['ENOTDIR', 'read', 'SYSTEM_FILE_MISSING', 'Cannot read /srv/x: it does not exist.'],
    ['EACCES', 'read', 'SYSTEM_FILE_UNREADABLE', 'Cannot read /srv/x: permission denied.'],
    ['EPERM', 'read', 'SYSTEM_FILE_UNREADABLE', 'Cannot read /srv/x: permission denied.'],
    ['EISDIR', 'read', 'SYSTEM_FILE_NOT_REGULAR', 'Cannot read /srv/x: it is a folder.'],
    ['ELOOP', 'read', 'SYSTEM_FILE_NOT_REGULAR', 'Cannot read /srv/x: it is a symbolic link.'],
    [
      'ENXIO',
      'read',
      'SYSTEM_FILE_NOT_REGULAR',
      'Cannot read /srv/x: it is a socket or a device that is not there.',
    ],
    ['EEXIST', 'write', 'SYSTEM_FILE_EXISTS', 'Cannot write /srv/x: a file of that name is there already.'],
    [
      'EACCES',
      'write',
      'SYSTEM_NOT_WRITABLE',
      'Cannot write /srv/x: permission denied, or the file system is read-only.',
    ],
    [
      'EROFS',
      'write',
      'SYSTEM_NOT_WRITABLE',
      'Cannot write /srv/x: permission denied, or the file system is read-only.',
    ],
    ['ENOSPC', 'write', 'SYSTEM_DISK_FULL', 'Cannot write /srv/x: the disk or the quota is full.'],
    ['EDQUOT', 'write', 'SYSTEM_DISK_FULL', 'Cannot write /srv/x: the disk or the quota is full.'],
    ['EIO', 'read', 'SYSTEM_IO', 'Cannot read /srv/x: EIO: said so\\x1b[0m.'],
  ] as const)('names %s on %s', (code, action, expected, message) => {
    const cause = errno(code);
    const failure = toSystemFailure(cause, { path: '/srv/x', action });
    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({
      code: expected,
      exitCode: 1,
      message,
      details: { path: '/srv/x', errno: code },
      cause,
    });
  });

  it('makes a hostile path safe to print', () => {
    expect(toSystemFailure(errno('ENOENT'), { path: 'a\u001b[2J\u202e', action: 'read' })).toMatchObject({
      message: 'Cannot read a\\x1b[2J\\u{202e}: it does not exist.',
    });
  });

  it('hands back whatever is no system error, so that a bug stays a bug', () => {
    const own = new CoreFailure('CORE_SOURCE_SHORT', 'Cut.');
    const bug = new TypeError('x is not a function');
    expect(toSystemFailure(own, { path: 'x', action: 'read' })).toBe(own);
    expect(toSystemFailure(bug, { path: 'x', action: 'read' })).toBe(bug);
    expect(toSystemFailure('text', { path: 'x', action: 'read' })).toBe('text');
  });
});
