import { describe, expect, it } from 'vitest';
import { noiseBetween, toHalfWidth } from '../../../src/select/noise.ts';
import { selectModel } from '../../../src/select/select-model.ts';
import { toMetric } from '../../fakes/benchmark-run.ts';
import { withSpread } from '../../fakes/spread.ts';

describe('toHalfWidth', () => {
  const of = (metadata: Record<string, never> | object): number | null =>
    toHalfWidth({ ...toMetric(10), metadata: metadata as never });

  it('takes half of the stated interval first', () => {
    expect(of({ ci95: [9, 13], stddev: 100, count: 4 })).toBe(2);
  });

  it.each(['value_interval_95', 'interval_95'])('reads %s, as milton bench writes it', (name) => {
    expect(of({ [name]: [90, 100], ci95: [0, 100] })).toBe(5);
  });

  it('else computes it from the standard deviation and the count', () => {
    expect(of({ stddev: 10, count: 4 })).toBeCloseTo(9.8);
    expect(of({ stddev: 10 })).toBeCloseTo(19.6);
  });

  it.each([
    [{}],
    [{ ci95: [13, 9] }],
    [{ ci95: [1] }],
    [{ ci95: ['1', '2'] }],
    [{ stddev: '3' }],
    [{ stddev: -1 }],
    [{ stddev: null, count: 3 }],
  ])('knows nothing from %j', (metadata) => {
    expect(of(metadata)).toBeNull();
  });
});

describe('noiseBetween', () => {
  it('adds up the spreads of both candidates, on the scale of the score', () => {
    const a = withSpread('a', { latency: 10, throughput: 50, cove: 95, retrieval: 60 }, { cove: 4 });
    const b = withSpread('b', { latency: 10, throughput: 50, cove: 91, retrieval: 60 }, { cove: 3 });
    const { selection_metadata } = selectModel([a, b]);
    const noise = noiseBetween([a, b], selection_metadata);
    // A quarter of the score is CoVe, of 100 percent.
    expect(noise.value).toBeCloseTo((0.25 / 100) * 5, 10);
    expect(noise.unknown).toEqual(['latency_ms', 'throughput', 'retrieval_score']);
  });

  it('is null where the run states no spread', () => {
    const [a, b] = [withSpread('a', { latency: 9 }), withSpread('b', {})];
    const noise = noiseBetween([a, b], selectModel([a, b]).selection_metadata);
    expect(noise).toEqual({
      value: null,
      unknown: ['latency_ms', 'throughput', 'cove_pass_rate', 'retrieval_score'],
    });
  });

  it('asks nothing of what weighs nothing', () => {
    const [a, b] = [withSpread('a', { cove: 99 }, { cove: 1 }), withSpread('b', {}, { cove: 1 })];
    const weights = { latency_ms: 0, throughput: 0, cove_pass_rate: 1, retrieval_score: 0 };
    const noise = noiseBetween([a, b], selectModel([a, b], { weights }).selection_metadata);
    expect(noise.unknown).toEqual([]);
    expect(noise.value).toBeCloseTo(Math.SQRT2 / 100, 10);
  });
});
