import { describe, expect, it } from 'vitest';
import { isDone, isInjected, isMutating, parseTrace } from '../../crash/trace.ts';

const only = (line: string) => {
  const [call] = parseTrace(line);
  if (call === undefined) throw new Error('No call was found.');
  return call;
};

describe('parseTrace', () => {
  it('reads thread, name, paths and result, and takes the current folder for no argument', () => {
    expect(only('77 rename("/a/x", "/a/y") = 0')).toMatchObject({
      thread: '77',
      name: 'rename',
      paths: ['/a/x', '/a/y'],
      result: '0',
    });
    const opened = only('77 openat(AT_FDCWD</home>, "/a/x", O_RDWR|O_CREAT|O_CLOEXEC, 0600) = 19</a/x>');
    expect(opened.paths).toEqual(['/a/x']);
    expect(only('77 fsync(20</a/b c>)        = 0').paths).toEqual(['/a/b c']);
    expect(only('77 symlink("../x", "/a/link") = 0').paths).toEqual(['/a/link']);
    expect(only('77 write(9<anon_inode:[eventfd]>, "\\1"..., 8) = 8').paths).toEqual([]);
  });

  it('puts together what other threads interrupted, in the order of the ends', () => {
    const calls = parseTrace(`
5 fsync(20</a/x> <unfinished ...>
6 write(9</a/y>, "{\\"a\\":1}"..., 8) = 8
5 <... fsync resumed>)                   = 0
6 +++ exited with 0 +++`);
    expect(calls.map(({ name, paths }) => [name, ...paths])).toEqual([
      ['write', '/a/y'],
      ['fsync', '/a/x'],
    ]);
  });

  it('keeps a call in which its thread was killed, without a result', () => {
    const call = only('5 rename("/a/x", "/a/y" <unfinished ...>\n5 +++ killed by SIGKILL +++');
    expect(call).toMatchObject({ name: 'rename', result: null });
    expect(isDone(call)).toBe(false);
  });
});

describe('isDone', () => {
  it.each([
    ['5 mkdir("/a", 0755) = 0', true],
    ['5 mkdir("/a", 0755) = -1 EEXIST (File exists)', false],
    ['5 fsync(3</a>) = ?', false],
    ['5 fsync(3</a>) = 0 (INJECTED)', false],
  ])('of %s is %s', (line, done) => {
    expect(isDone(only(line))).toBe(done);
  });

  it('tells what strace answered in the place of the kernel', () => {
    expect(isInjected(only('5 fsync(3</a>) = -1 EIO (Input/output error) (INJECTED)'))).toBe(true);
  });
});

describe('isMutating', () => {
  it.each([
    ['5 openat(AT_FDCWD</>, "/a", O_RDONLY|O_CLOEXEC) = 3</a>', false],
    ['5 openat(AT_FDCWD</>, "/a", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3</a>', true],
    ['5 openat(AT_FDCWD</>, "/a", O_RDWR|O_TMPFILE, 0600) = 3</a/#12 (deleted)>', true],
    ['5 ioctl(3</a>, FICLONE, 4) = 0', true],
    ['5 ioctl(3</a>, TCGETS, 0x7ffe) = -1 ENOTTY', false],
    ['5 chmod("/a", 0644) = 0', true],
    ['5 read(3</a>, ""..., 4) = 4', false],
  ])('of %s is %s', (line, mutating) => {
    expect(isMutating(only(line))).toBe(mutating);
  });
});
