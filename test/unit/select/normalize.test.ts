import { describe, expect, it } from 'vitest';
import { normalizeWeights, toRange, toShare } from '../../../src/select/normalize.ts';

describe('normalizeWeights', () => {
  it('divides by the sum', () => {
    expect(normalizeWeights({ latency_ms: 2, throughput: 6, cove_pass_rate: 0, retrieval_score: 0 })).toEqual(
      {
        latency_ms: 0.25,
        throughput: 0.75,
        cove_pass_rate: 0,
        retrieval_score: 0,
      },
    );
  });

  it('survives a sum beyond the largest number', () => {
    const huge = Number.MAX_VALUE;
    const weights = { latency_ms: huge, throughput: huge, cove_pass_rate: huge, retrieval_score: huge };
    expect(normalizeWeights(weights).latency_ms).toBe(0.25);
  });
});

describe('toShare', () => {
  it('stays a number where the range cannot be one wide', () => {
    expect(toShare(1e300, toRange([1e300]))).toBe(0);
  });
});
