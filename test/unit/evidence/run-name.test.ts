import { describe, expect, it } from 'vitest';
import {
  compareRunNames,
  isRunFileName,
  parseRunName,
  toRunFileName,
} from '../../../src/evidence/run-name.ts';

describe('isRunFileName', () => {
  it.each([
    ['benchmark_20260111_202801.json', true],
    ['benchmark_20260111_202801-2.json', true],
    ['benchmark_20260111_202801', false],
    ['benchmark_20260111_202801.json.tmp', false],
    ['.benchmark_20260111_202801.json.a1b2.tmp', false],
    ['benchmark_latest.json', false],
    ['notes.json', false],
  ])('answers for %s: %s', (name, expected) => {
    expect(isRunFileName(name)).toBe(expected);
  });
});

describe('compareRunNames', () => {
  it('puts the newest first, and a second run of the same second before the first', () => {
    const names = ['benchmark_20251231_235959', 'benchmark_20260101_000000-2', 'benchmark_20260101_000000'];
    expect(names.map((name) => `${name}.json`).toSorted(compareRunNames)).toEqual([
      'benchmark_20260101_000000-2.json',
      'benchmark_20260101_000000.json',
      'benchmark_20251231_235959.json',
    ]);
  });
});

describe('parseRunName', () => {
  it('reads the moment as UTC, and none from a name that has no such moment', () => {
    expect(parseRunName('benchmark_20260111_202801.json')?.toISOString()).toBe('2026-01-11T20:28:01.000Z');
    expect(parseRunName('benchmark_20261341_202801.json')).toBeNull();
    expect(parseRunName('other.json')).toBeNull();
  });
});

describe('toRunFileName', () => {
  it('makes a file name of a run id, and none of anything else', () => {
    expect(toRunFileName('benchmark_20260111_202801')).toBe('benchmark_20260111_202801.json');
    expect(toRunFileName('../benchmark_20260111_202801')).toBeNull();
  });
});
