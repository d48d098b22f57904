import { describe, expect, it } from 'vitest';
import { spreadOf } from '../../../src/bench/speed-spread.ts';
import type { SpeedSample } from '../../../src/bench/speed-sample.ts';

const sample = (timeToFirstTokenMs: number, ownTokensPerSecond: number | null = 100): SpeedSample => ({
  timeToFirstTokenMs,
  totalMs: 500,
  tokenCount: 10,
  wallTokensPerSecond: 90,
  ownTokensPerSecond,
  promptTokensPerSecond: null,
  differencePerTokenUs: null,
});

describe('spreadOf', () => {
  it('knows nothing from fewer than six samples, however equal', () => {
    expect(spreadOf([])).toBe(Number.POSITIVE_INFINITY);
    expect(spreadOf(Array.from({ length: 5 }, () => sample(7)))).toBe(Number.POSITIVE_INFINITY);
    expect(spreadOf(Array.from({ length: 6 }, () => sample(7)))).toBe(0);
  });

  it('is the farther end of the interval, of whichever is known less well', () => {
    // Of six the whole range: 90 to 130 around 100.
    const times = [90, 100, 100, 100, 100, 130].map((ms) => sample(ms));
    expect(spreadOf(times)).toBeCloseTo(0.3, 12);
    const rates = [50, 100, 100, 100, 100, 110].map((rate) => sample(7, rate));
    expect(spreadOf(rates)).toBeCloseTo(0.5, 12);
  });
});
