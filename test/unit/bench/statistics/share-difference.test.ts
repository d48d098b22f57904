import { describe, expect, it } from 'vitest';
import { binomialBelow, exactInterval, signTest } from '../../../../src/bench/statistics/binomial.ts';
import { compareMeans } from '../../../../src/bench/statistics/compare.ts';
import {
  independentDifference,
  pairedDifference,
} from '../../../../src/bench/statistics/share-difference.ts';

describe('binomialBelow', () => {
  it('knows any probability', () => {
    // 0.7^3 and 0.7^3 + 3 · 0.3 · 0.7^2.
    expect(binomialBelow(1, 3, 0.3)).toBeCloseTo(0.343, 12);
    expect(binomialBelow(2, 3, 0.3)).toBeCloseTo(0.784, 12);
    expect(binomialBelow(0, 3, 0.3)).toBe(0);
    expect(binomialBelow(4, 3, 0.3)).toBeCloseTo(1, 12);
  });
});

describe('exactInterval', () => {
  it('is that of Clopper and Pearson', () => {
    // Closed at the ends: 1 − 0.025^(1/n). In between, as published for 8 of 10 (0.4439, 0.9748).
    expect(exactInterval(0, 10)[0]).toBe(0);
    expect(exactInterval(0, 10)[1]).toBeCloseTo(1 - 0.025 ** 0.1, 10);
    expect(exactInterval(10, 10)).toEqual([expect.closeTo(0.025 ** 0.1, 10), 1]);
    expect(exactInterval(8, 10)[0]).toBeCloseTo(0.4439, 4);
    expect(exactInterval(8, 10)[1]).toBeCloseTo(0.9748, 4);
  });

  it('holds the share that it is asked about, for thousands too', () => {
    const [low, high] = exactInterval(2500, 5000);
    expect(low).toBeCloseTo(0.486, 3);
    expect(high).toBeCloseTo(0.514, 3);
  });
});

describe('pairedDifference', () => {
  it('leaves out zero exactly where the exact test says that the difference is none of chance', () => {
    for (let differing = 1; differing <= 30; differing += 1) {
      for (let onlyB = 0; onlyB <= differing; onlyB += 1) {
        const onlyA = differing - onlyB;
        const { difference, interval } = pairedDifference({ onlyA, onlyB }, 40);
        const leavesOutZero = interval[0] > 0 || interval[1] < 0;
        expect([onlyA, onlyB, leavesOutZero]).toEqual([onlyA, onlyB, signTest(onlyA, onlyB) < 0.05]);
        expect(interval[0]).toBeLessThanOrEqual(difference);
        expect(interval[1]).toBeGreaterThanOrEqual(difference);
      }
    }
  });

  it('is nothing where every case came out the same', () => {
    expect(pairedDifference({ onlyA: 0, onlyB: 0 }, 24)).toEqual({ difference: 0, interval: [0, 0] });
  });
});

describe('independentDifference', () => {
  it('gives the interval of the example in Newcombe 1998', () => {
    // 56/70 against 48/80: 0.2000 (0.0524, 0.3339) as A − B there.
    const { difference, interval } = independentDifference(
      { passed: 48, count: 80 },
      { passed: 56, count: 70 },
    );
    expect(difference).toBeCloseTo(0.2, 10);
    expect(interval[0]).toBeCloseTo(0.0524, 4);
    expect(interval[1]).toBeCloseTo(0.3339, 4);
  });
});

describe('compareMeans', () => {
  it('tells means of different queries apart, and says nothing of none', () => {
    const low = Array.from({ length: 30 }, (_, index) => (index % 5 === 0 ? 1 : 0));
    const high = low.map((score) => 1 - score);
    expect(compareMeans(low, high)).toMatchObject({ verdict: 'higher', difference: expect.closeTo(0.6, 10) });
    expect(compareMeans(high, low)?.verdict).toBe('lower');
    expect(compareMeans(low, low)?.verdict).toBe('noise');
    expect(compareMeans([], low)).toBeNull();
  });
});
