import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  mean,
  median,
  quantile,
  standardDeviation,
  summarize,
} from '../../../../src/bench/statistics/summary.ts';

const numbers = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 60 });

describe('summarize', () => {
  it('says what a person computes by hand', () => {
    const { count, mean, median, standard_deviation, min, max } = summarize([2, 4, 4, 4, 5, 5, 7, 9]);
    expect({ count, mean, median, min, max }).toEqual({ count: 8, mean: 5, median: 4.5, min: 2, max: 9 });
    // The sum of squares is 32; 32/7.
    expect(standard_deviation).toBeCloseTo(Math.sqrt(32 / 7), 12);
  });

  it('interpolates percentiles as NumPy does', () => {
    const values = Array.from({ length: 20 }, (_, index) => index + 1);
    // (20 − 1)·0.95 = 18.05 and ·0.99 = 18.81: between the 19th and the 20th.
    expect(summarize(values).p95).toBeCloseTo(19.05, 12);
    expect(summarize(values).p99).toBeCloseTo(19.81, 12);
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
  });

  it('takes one number for what it is', () => {
    expect(summarize([7])).toEqual({
      count: 1,
      mean: 7,
      median: 7,
      standard_deviation: 0,
      min: 7,
      max: 7,
      p95: 7,
      p99: 7,
      interval_95: [7, 7],
    });
  });

  it('refuses what has no answer', () => {
    expect(() => summarize([])).toThrow(RangeError);
    expect(() => summarize([1, Number.NaN])).toThrow(RangeError);
    expect(() => summarize([1, Number.POSITIVE_INFINITY])).toThrow(RangeError);
  });

  it('keeps everything in order, whatever the numbers and their order', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const { min, median, p95, p99, max, mean, interval_95 } = summarize(values);
        const rising = [min, median, p95, p99, max];
        expect(rising).toEqual(rising.toSorted((a, b) => a - b));
        expect(mean).toBeGreaterThanOrEqual(min - 1e-6);
        expect(mean).toBeLessThanOrEqual(max + 1e-6);
        expect(interval_95[0]).toBeLessThanOrEqual(median);
        expect(interval_95[1]).toBeGreaterThanOrEqual(median);
        expect(summarize(values.toReversed()).median).toBe(median);
      }),
    );
  });

  it('moves and stretches with the numbers', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -1000, max: 1000 }), (values, by) => {
        const moved = values.map((value) => value + by);
        expect(median(moved)).toBeCloseTo(median(values) + by, 6);
        expect(mean(moved)).toBeCloseTo(mean(values) + by, 6);
        expect(standardDeviation(moved)).toBeCloseTo(standardDeviation(values), 4);
      }),
    );
  });

  it('loses no digit of many large numbers', () => {
    expect(mean(Array.from({ length: 10 }, () => 1e15 + 1))).toBe(1e15 + 1);
  });
});
