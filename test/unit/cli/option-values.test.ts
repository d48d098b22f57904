import { describe, expect, it } from 'vitest';
import { collectList, parseCount, parsePath, parsePort, parseWhole } from '../../../src/cli/option-values.ts';

describe('parseCount', () => {
  it('takes whole numbers from 1', () => {
    expect([parseCount('1'), parseCount('8192')]).toEqual([1, 8192]);
  });

  it.each(['', '0', '-1', '1.5', '1e3', '0x10', ' 5', '9007199254740993', 'NaN'])('refuses %j', (text) => {
    expect(() => parseCount(text)).toThrow(/whole number/);
  });
});

describe('collectList', () => {
  it('gathers repeated and separated values', () => {
    expect(collectList('b, c', collectList('a'))).toEqual(['a', 'b', 'c']);
  });
});

describe('parsePath', () => {
  it('takes a path as it was typed', () => {
    expect([parsePath('a b/c'), parsePath(' ')]).toEqual(['a b/c', ' ']);
  });

  it('refuses an empty one, which would come to mean the current folder', () => {
    expect(() => parsePath('')).toThrow(/an empty text names none/);
  });
});

describe('parseWhole', () => {
  it('takes 0 where a count begins at 1', () => {
    expect([parseWhole('0'), parseWhole('12')]).toEqual([0, 12]);
    expect(() => parseWhole('-1')).toThrow(/whole number/);
  });
});

describe('parsePort', () => {
  it('takes every port, and 0 for any', () => {
    expect(['0', '80', '65535'].map(parsePort)).toEqual([0, 80, 65_535]);
  });

  it.each(['', '65536', '-1', '8080.5', '1e3', '0x50', 'http', ' 80'])('refuses %j', (text) => {
    expect(() => parsePort(text)).toThrow(/a port from 0 to 65535/);
  });
});
