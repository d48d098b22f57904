import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomialBelow, signTest } from '../../../../src/bench/statistics/binomial.ts';
import { bootstrapInterval, bootstrapStrata } from '../../../../src/bench/statistics/bootstrap.ts';
import { medianInterval } from '../../../../src/bench/statistics/median-interval.ts';
import { seededRandom } from '../../../../src/bench/statistics/seeded-random.ts';
import { mean, median } from '../../../../src/bench/statistics/summary.ts';
import { wilsonInterval } from '../../../../src/bench/statistics/wilson.ts';

describe('binomialBelow', () => {
  it('adds up what can be counted', () => {
    expect(binomialBelow(0, 5)).toBe(0);
    expect(binomialBelow(1, 5)).toBeCloseTo(1 / 32, 15);
    expect(binomialBelow(3, 5)).toBeCloseTo(0.5, 15);
    expect(binomialBelow(6, 5)).toBeCloseTo(1, 12);
    expect(binomialBelow(500, 1000)).toBeCloseTo(0.5 - 0.0126125, 5);
  });

  it('is symmetric', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }), (trials, k) => {
        expect(binomialBelow(k, trials) + binomialBelow(trials - k + 1, trials)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('gives the sign test of a table', () => {
    // 2·(1 + 10)/1024.
    expect(signTest(1, 9)).toBeCloseTo(22 / 1024, 12);
    expect(signTest(0, 0)).toBe(1);
    expect(signTest(5, 5)).toBe(1);
    expect(signTest(0, 6)).toBeCloseTo(2 / 64, 12);
  });
});

describe('medianInterval', () => {
  // Ranks of tables for the sign test at 95 %: n → l of X(l) … X(n+1−l).
  it.each([
    [6, 1],
    [8, 1],
    [9, 2],
    [11, 2],
    [12, 3],
    [15, 4],
    [20, 6],
    [25, 8],
    [30, 10],
    [40, 14],
  ])('takes of %i numbers the ranks that the tables have', (count, rank) => {
    const sorted = Array.from({ length: count }, (_, index) => index + 1);
    const { interval, coverage } = medianInterval(sorted);
    expect(interval).toEqual([rank, count + 1 - rank]);
    expect(coverage).toBeGreaterThanOrEqual(0.95);
  });

  it('says that fewer than six numbers cover less', () => {
    expect(medianInterval([1, 2, 3, 4, 5])).toEqual({ interval: [1, 5], coverage: 0.9375 });
    expect(medianInterval([3]).coverage).toBe(0);
  });

  it('holds the true median at least as often as it says', () => {
    const random = seededRandom(11);
    let held = 0;
    for (let trial = 0; trial < 2000; trial += 1) {
      // Skewed on purpose: nothing is said about the distribution. The median is ln 2.
      const values = Array.from({ length: 15 }, () => -Math.log(1 - random()));
      const [low, high] = medianInterval(values.toSorted((a, b) => a - b)).interval;
      if (low <= Math.LN2 && Math.LN2 <= high) held += 1;
    }
    expect(held / 2000).toBeGreaterThan(0.945);
    expect(held / 2000).toBeLessThan(0.99);
  });
});

describe('wilsonInterval', () => {
  it('says what the tables have', () => {
    const [low, high] = wilsonInterval(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
    expect(wilsonInterval(0, 20)[0]).toBe(0);
    expect(wilsonInterval(0, 20)[1]).toBeCloseTo(0.1611, 4);
    expect(wilsonInterval(24, 24)).toEqual([expect.closeTo(0.862, 3), 1]);
  });

  it('stays within 0 and 1, holds the share, and turns over with it', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (passed, rest) => {
        fc.pre(passed + rest > 0);
        const count = passed + rest;
        const [low, high] = wilsonInterval(passed, count);
        const share = passed / count;
        expect([low, share, high, 1]).toEqual([low, share, high, 1].toSorted((a, b) => a - b));
        const [otherLow, otherHigh] = wilsonInterval(rest, count);
        expect(otherLow).toBeCloseTo(1 - high, 9);
        expect(otherHigh).toBeCloseTo(1 - low, 9);
      }),
    );
  });

  it('refuses what is no share', () => {
    expect(() => wilsonInterval(0, 0)).toThrow(RangeError);
    expect(() => wilsonInterval(3, 2)).toThrow(RangeError);
  });
});

describe('seededRandom', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    const take = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it('spreads them evenly', () => {
    const random = seededRandom(3);
    const bins = Array.from({ length: 10 }, () => 0);
    for (let no = 0; no < 100_000; no += 1) bins[Math.floor(random() * 10)]! += 1;
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('bootstrapInterval', () => {
  it('is the same for the same seed, and holds the statistic', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 20 }),
        (values) => {
          const once = (): readonly [number, number] =>
            bootstrapInterval(values, mean, { random: seededRandom(1), resamples: 200 });
          const [low, high] = once();
          expect(once()).toEqual([low, high]);
          expect(low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
          expect(high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
          expect(low).toBeLessThanOrEqual(high);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is about as wide as theory has it for a mean', () => {
    const random = seededRandom(5);
    const values = Array.from({ length: 100 }, () => random());
    const [low, high] = bootstrapInterval(values, mean, { random: seededRandom(1) });
    // ±1.96·σ/√n with σ = 1/√12.
    expect((high - low) / 2).toBeCloseTo((1.96 * Math.sqrt(1 / 12)) / 10, 2);
  });

  it('draws from each list by itself', () => {
    const [low, high] = bootstrapStrata([[1], [10]], (samples) => median(samples.map(median)), {
      random: seededRandom(1),
      resamples: 50,
    });
    expect([low, high]).toEqual([5.5, 5.5]);
  });
});
