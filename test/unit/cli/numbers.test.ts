import { describe, expect, it } from 'vitest';
import { formatCount, formatDelta, formatMeasure, formatNumber, plural } from '../../../src/cli/numbers.ts';

describe('formatCount', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1.00 K'],
    [2_295_552, '2.30 M'],
    [999_600, '1.00 M'],
    [8_030_261_248, '8.03 B'],
    [2e15, '2.00e+3 T'],
  ])('writes %d as %s', (count, text) => {
    expect(formatCount(count)).toBe(text);
  });
});

describe('formatNumber', () => {
  it('drops zeros at the end and shows what was not measured', () => {
    expect([formatNumber(15.61), formatNumber(100), formatNumber(1 / 3), formatNumber(null)]).toEqual([
      '15.61',
      '100',
      '0.33',
      '-',
    ]);
  });
});

describe('formatMeasure', () => {
  it('has a place more where the number is small', () => {
    expect([formatMeasure(3.6147), formatMeasure(18.04), formatMeasure(410), formatMeasure(null)]).toEqual([
      '3.61',
      '18',
      '410',
      '-',
    ]);
  });
});

describe('formatDelta', () => {
  it('always says the direction', () => {
    expect([formatDelta(12.5), formatDelta(-3), formatDelta(0), formatDelta(null)]).toEqual([
      '+12.5',
      '-3',
      '0',
      '-',
    ]);
  });
});

describe('plural', () => {
  it('counts', () => {
    expect([plural(0, 'run'), plural(1, 'run'), plural(2, 'run')]).toEqual(['0 runs', '1 run', '2 runs']);
  });
});
