import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/evidence/index.ts';
import { selectModel } from '../../../src/select/index.ts';
import { toCandidate, toMetric, type MetricValues } from '../../fakes/benchmark-run.ts';

/** As `milton bench` writes it: with the interval of both speeds, and what the artifact takes. */
function measured(version: string, values: Required<MetricValues>, sizeBytes: number): Candidate {
  const speed = (value: number | null) => ({
    ...toMetric(value),
    metadata: { value_interval_95: [(value ?? 0) * 0.98, (value ?? 0) * 1.02] },
  });
  const candidate = toCandidate(version, values);
  const metrics = {
    ...candidate.metrics,
    latency_ms: speed(values.latency),
    tokens_per_sec: speed(values.throughput),
  };
  const artifact = { type: 'gguf', path: version, sha256: 'a'.repeat(64), size_bytes: sizeBytes } as const;
  return { ...candidate, metrics, artifact };
}

const EQUAL = { cove: 95, retrieval: 90 };

describe('models that are equally fast', () => {
  // As two runs on one idle machine gave them: latency the other way round.
  const first = [
    measured('small', { ...EQUAL, latency: 2.67, throughput: 3232 }, 1_250_000),
    measured('large', { ...EQUAL, latency: 2.62, throughput: 3103 }, 2_200_000),
  ];
  const second = [
    measured('small', { ...EQUAL, latency: 2.51, throughput: 3417 }, 1_250_000),
    measured('large', { ...EQUAL, latency: 2.6, throughput: 3117 }, 2_200_000),
  ];

  it.each([
    ['by the smaller file', first],
    ['also where the other run turns the speeds round', second],
    ['in any order of the file', first.toReversed()],
  ])('are chosen among %s', (_what, candidates) => {
    expect(selectModel(candidates).recommended_model).toBe('small');
  });

  it('say what decided', () => {
    expect(selectModel(first).reason).toBe(
      'small is as fast as large (within 5 %, which may be chance) and wins by the smaller file (1.25 MB against 2.20 MB), of the 2 of 2 candidates that pass every threshold.',
    );
  });

  it('are chosen among by their answers before their size', () => {
    const [small, large] = first as [Candidate, Candidate];
    const better = { ...large, metrics: { ...large.metrics, cove_pass_rate: toMetric(97) } };
    const { recommended_model: chosen, reason } = selectModel([small, better]);
    expect(chosen).toBe('large');
    expect(reason).toContain('wins by the CoVe pass rate (97 % against 95 %)');
  });
});

describe('models that are not equally fast', () => {
  it('are chosen by their totals, the larger one too', () => {
    const fast = measured('fast', { ...EQUAL, latency: 2, throughput: 4000 }, 2_200_000);
    const slow = measured('slow', { ...EQUAL, latency: 2.6, throughput: 3100 }, 1_250_000);
    expect(selectModel([slow, fast])).toMatchObject({
      recommended_model: 'fast',
      reason: expect.stringContaining('highest total'),
    });
  });

  it('are so whichever of two speeds chance turned round', () => {
    // Truly faster by the throughput, and larger; a latency that is lower by chance makes the smaller one the best of the run.
    const faster = measured('faster', { ...EQUAL, latency: 2.05, throughput: 4000 }, 2_200_000);
    const smaller = measured('smaller', { ...EQUAL, latency: 2, throughput: 3500 }, 1_250_000);
    expect(selectModel([faster, smaller]).recommended_model).toBe('faster');
  });
});

it('a run that states no interval is chosen from as the formats page says', () => {
  const a = toCandidate('a', { ...EQUAL, latency: 2.62, throughput: 3103 });
  const b = toCandidate('b', { ...EQUAL, latency: 2.67, throughput: 3232 });
  expect(selectModel([b, a])).toMatchObject({
    recommended_model: 'a',
    reason: expect.stringContaining('totals within 0.01'),
  });
});

it('a model that fails a threshold is not chosen for being as fast', () => {
  const good = measured('good', { ...EQUAL, latency: 2.6, throughput: 3100 }, 2_200_000);
  const bad = measured('bad', { ...EQUAL, cove: 20, latency: 2.6, throughput: 3100 }, 1_000);
  expect(selectModel([bad, good]).recommended_model).toBe('good');
});
