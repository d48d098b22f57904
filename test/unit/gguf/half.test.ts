import { describe, expect, it } from 'vitest';
import { fromHalf, toHalf } from '../../../src/gguf/half.ts';

describe('toHalf', () => {
  it('gives every half-precision number back', () => {
    const changed = Array.from({ length: 0x10000 }, (_, half) => half).filter((half) => {
      const value = fromHalf(half);
      // Of the many NaNs one comes back.
      return Number.isNaN(value) ? !Number.isNaN(fromHalf(toHalf(value))) : toHalf(value) !== half;
    });
    expect(changed).toEqual([]);
  });

  it.each([
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [-1e9, 0xfc00],
    [2 ** -25, 0],
    [2 ** -25 * 1.01, 1],
    [2 ** -40, 0],
    [1.9995, 0x3fff],
    [1.9998, 0x4000],
  ])('rounds %d to the nearest, halves to even', (value, half) => {
    expect(toHalf(value)).toBe(half);
  });
});
