import { describe, expect, it } from 'vitest';
import { describePoint, findPoints } from '../../crash/points.ts';
import { parseTrace } from '../../crash/trace.ts';

const calls = parseTrace(`
9 write(1</elsewhere>, "x"..., 1) = 1
9 write(8<anon_inode:[eventfd]>, "x"..., 8) = 8
9 mkdir("/box/srv", 0755) = -1 EEXIST (File exists)
9 openat(AT_FDCWD</>, "/box/a", O_RDONLY) = 4</box/a>
9 openat(AT_FDCWD</>, "/box/a", O_WRONLY|O_CREAT, 0666) = 4</box/a>
9 write(4</box/a>, "x"..., 1) = 1
7 write(4</box/a>, "x"..., 1) = 1
9 write(4</box/a>, "x"..., 1) = 1
9 pwrite64(5</box/#31 (deleted)>, "x"..., 1, 0) = 1
9 pwrite64(5</box/#31 (deleted)>, "x"..., 1, 1) = 1
9 rename("/box/a", "/box/b") = 0
9 rename("/boxes/a", "/boxes/b") = 0`);

describe('findPoints', () => {
  const points = findPoints(calls, '/box');

  it('gives every call that changed something below the folder, in order', () => {
    expect(points.map(({ k, call }) => [k, call.name])).toEqual([
      [1, 'openat'],
      [2, 'write'],
      [3, 'write'],
      [4, 'write'],
      [5, 'pwrite64'],
      [6, 'pwrite64'],
      [7, 'rename'],
    ]);
  });

  it('counts as strace does: by thread, and of one path where there is a path', () => {
    expect(points.map(({ aim }) => [aim.path, aim.when, aim.overall])).toEqual([
      ['/box/a', 2, 2],
      ['/box/a', 1, 3],
      ['/box/a', 1, 1],
      ['/box/a', 2, 4],
      [null, 1, 1],
      [null, 2, 2],
      ['/box/a', 1, 1],
    ]);
  });

  it('is described by the call and where it was', () => {
    expect(points.map((point) => describePoint(point, '/box')).at(-1)).toBe('rename …/a …/b');
  });
});
