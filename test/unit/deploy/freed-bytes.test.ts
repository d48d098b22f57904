import { describe, expect, it } from 'vitest';
import { freedBytes, type NamedFile } from '../../../src/deploy/freed-bytes.ts';

const file = (key: string, linkCount = 1, diskBytes = 100): NamedFile => ({
  key,
  linkCount,
  diskBytes,
  isFolder: false,
});

describe('freedBytes', () => {
  it('adds what every file takes on the disk', () => {
    expect(freedBytes([[file('1'), file('2', 1, 5)], [file('3')]])).toEqual([105, 100]);
  });

  it('frees nothing of a file that has a name elsewhere', () => {
    expect(freedBytes([[file('1', 2), file('2')]])).toEqual([100]);
  });

  it('counts a file of several names once, with the last of them', () => {
    expect(freedBytes([[file('1', 3)], [file('1', 3), file('2')], [file('1', 3)]])).toEqual([0, 100, 100]);
    expect(freedBytes([[file('1', 2), file('1', 2)]])).toEqual([100]);
  });

  it('frees a folder whatever its link count, which counts the folders in it', () => {
    expect(freedBytes([[{ ...file('1', 4), isFolder: true }]])).toEqual([100]);
  });
});
