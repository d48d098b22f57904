import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/evidence/index.ts';
import { DEFAULT_THRESHOLDS } from '../../../src/select/defaults.ts';
import { SelectFailure } from '../../../src/select/error.ts';
import { assertSelected, selectModel } from '../../../src/select/select-model.ts';
import type { SelectionResult } from '../../../src/select/types.ts';
import { toCandidate, type MetricValues } from '../../fakes/benchmark-run.ts';

const EXAMPLE = new URL('../../fixtures/seed/benchmark-example.json', import.meta.url);

function exampleCandidates(): readonly Candidate[] {
  return (JSON.parse(readFileSync(EXAMPLE, 'utf8')) as { candidates: Candidate[] }).candidates;
}

function scoreOf(result: SelectionResult, version: string): SelectionResult['all_scores'][number] {
  const score = result.all_scores.find(({ model_version }) => model_version === version);
  if (score === undefined) throw new Error(`${version} was not scored`);
  return score;
}

function failureOf(action: () => unknown): SelectFailure {
  try {
    action();
  } catch (error) {
    if (error instanceof SelectFailure) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('selectModel', () => {
  describe('with the example run', () => {
    const result = selectModel(exampleCandidates());

    it('recommends the quantized and distilled model', () => {
      expect(result.recommended_model).toBe('v1.20260111.1425');
      expect(result.reason).toBe(
        'v1.20260111.1425 is the only one of 3 candidates that passes every threshold.',
      );
    });

    it('scores each candidate as computed by hand', () => {
      // (1 + 1 + 1 + 0.6533) / 4; (0 + 0 + 0.6667 + 0.6533) / 4; nothing measured.
      expect(result.all_scores.map((score) => [score.model_version, score.total_score])).toEqual([
        ['v1.20260111.1425', 0.9133],
        ['v1.20260110.0900', 0.33],
        ['v1.20260109.0800', 0],
      ]);
      expect(scoreOf(result, 'v1.20260111.1425').component_scores).toEqual({
        latency_ms: 0.25,
        throughput: 0.25,
        cove_pass_rate: 0.25,
        retrieval_score: 0.6533 / 4,
      });
    });

    it('shows the raw values, and null for what was not measured', () => {
      expect(scoreOf(result, 'v1.20260110.0900').normalized_metrics).toEqual({
        latency_ms: 31.2,
        throughput: 40.1,
        cove_pass_rate: 66.67,
        retrieval_score: 65.33,
      });
      expect(Object.values(scoreOf(result, 'v1.20260109.0800').normalized_metrics)).toEqual([
        null,
        null,
        null,
        null,
      ]);
    });

    it('says which thresholds failed and by how much', () => {
      expect(scoreOf(result, 'v1.20260110.0900').threshold_failures).toEqual([
        'cove_pass_rate 66.67 % is below the minimum 90 % by 23.33 %',
      ]);
      expect(scoreOf(result, 'v1.20260109.0800').threshold_failures).toHaveLength(2);
    });

    it('records the policy and the ranges', () => {
      expect(result.selection_metadata).toEqual({
        weights: { latency_ms: 0.25, throughput: 0.25, cove_pass_rate: 0.25, retrieval_score: 0.25 },
        thresholds: {
          min_cove_pass_rate: 90,
          min_retrieval_score: 50,
          max_latency_ms: null,
          min_throughput: null,
        },
        normalization_params: {
          latency_ms: { min: 15.61, max: 31.2 },
          throughput: { min: 40.1, max: 81.79 },
        },
      });
    });
  });

  describe('with a single candidate', () => {
    it('uses the range (min, min + 1), so that latency scores in full and throughput nothing', () => {
      const result = selectModel([toCandidate('v1', { cove: 100, retrieval: 100 })]);
      expect(result.all_scores[0]?.component_scores).toEqual({
        latency_ms: 0.25,
        throughput: 0,
        cove_pass_rate: 0.25,
        retrieval_score: 0.25,
      });
      expect(result.selection_metadata.normalization_params.latency_ms).toEqual({ min: 10, max: 11 });
    });
  });

  describe('with no speed measured anywhere', () => {
    it('uses the range (0, 1) and still chooses by quality', () => {
      const result = selectModel([
        toCandidate('v1', { latency: null, throughput: null, cove: 92 }),
        toCandidate('v2', { latency: null, throughput: null, cove: 99 }),
      ]);
      expect(result.recommended_model).toBe('v2');
      expect(result.selection_metadata.normalization_params).toEqual({
        latency_ms: { min: 0, max: 1 },
        throughput: { min: 0, max: 1 },
      });
    });
  });

  describe('when totals are within 0.01', () => {
    // Only CoVe counts, so that a total is cove / 100.
    const weights = { latency_ms: 0, throughput: 0, cove_pass_rate: 1, retrieval_score: 0 };
    const select = (...models: readonly (readonly [string, MetricValues])[]): SelectionResult =>
      selectModel(
        models.map(([version, values]) => toCandidate(version, values)),
        { weights },
      );

    it('prefers the lower latency', () => {
      const result = select(['v1', { cove: 95.9, latency: 20 }], ['v2', { cove: 95, latency: 10 }]);
      expect(result.recommended_model).toBe('v2');
      expect(result.reason).toContain('ties with v1 (totals within 0.01) and wins by the lower latency');
      expect(result.all_scores[0]?.model_version).toBe('v1');
    });

    it('says by how much in two places, and in all where they would look the same', () => {
      const reasonOf = (a: number, b: number): string =>
        select(['v1', { cove: 95.9, latency: a }], ['v2', { cove: 95, latency: b }]).reason;
      expect(reasonOf(4.8697607499993865, 3.6147617500000706)).toContain('(3.61 ms against 4.87 ms)');
      expect(reasonOf(3.612, 3.6111)).toContain('(3.6111 ms against 3.612 ms)');
    });

    it('prefers the higher throughput when latencies are equal', () => {
      const result = select(['v2', { cove: 95.9, throughput: 10 }], ['v1', { cove: 95, throughput: 20 }]);
      expect(result.recommended_model).toBe('v1');
      expect(result.reason).toContain('higher throughput (20 tok/s against 10 tok/s)');
    });

    it('lets a missing latency or throughput lose', () => {
      expect(select(['v2', { latency: null }], ['v1', { latency: 900 }]).recommended_model).toBe('v1');
      expect(select(['v2', { throughput: null }], ['v1', { throughput: 1 }]).recommended_model).toBe('v1');
      expect(select(['v2', { throughput: null }], ['v1', { throughput: null }]).recommended_model).toBe('v2');
    });

    it('prefers the newest version in natural order when all else is equal', () => {
      const result = select(['v1.10', {}], ['v1.9', {}], ['v1.2', {}]);
      expect(result.recommended_model).toBe('v1.10');
      expect(result.reason).toContain('being the newest version');
    });

    it('measures the distance from the highest total, not from a neighbour', () => {
      // c is within 0.01 of b and b of a, but c is 0.012 below a.
      const result = select(
        ['a', { cove: 96, latency: 30 }],
        ['b', { cove: 95.4, latency: 20 }],
        ['c', { cove: 94.8, latency: 10 }],
      );
      expect(result.recommended_model).toBe('b');
    });

    it('counts only those that pass: a failing candidate neither wins nor sets the bar', () => {
      const result = select(
        ['fails', { cove: 100, retrieval: 10, latency: 1 }],
        ['a', { cove: 96, latency: 30 }],
        ['b', { cove: 95.5, latency: 20 }],
      );
      expect(result.recommended_model).toBe('b');
      expect(result.all_scores[0]?.model_version).toBe('fails');
    });

    it('compares unrounded totals, strictly', () => {
      // 0.9599 and 0.95: 0.0099 apart is a tie; 0.96125 and 0.95125 are 0.01 apart, which is none.
      expect(
        select(['a', { cove: 95.99, latency: 20 }], ['b', { cove: 95, latency: 10 }]).recommended_model,
      ).toBe('b');
      expect(
        select(['a', { cove: 96.0049, latency: 20 }], ['b', { cove: 95.0001, latency: 10 }])
          .recommended_model,
      ).toBe('a');
    });
  });

  describe('when a threshold on speed is set', () => {
    it('fails those that miss it or were not measured', () => {
      const result = selectModel(
        [
          toCandidate('slow', { latency: 120.5 }),
          toCandidate('unknown', { latency: null }),
          toCandidate('fast', { latency: 100 }),
        ],
        { thresholds: { ...DEFAULT_THRESHOLDS, max_latency_ms: 100 } },
      );
      expect(result.recommended_model).toBe('fast');
      expect(scoreOf(result, 'slow').threshold_failures).toEqual([
        'latency_ms 120.5 ms is above the maximum 100 ms by 20.5 ms',
      ]);
      expect(scoreOf(result, 'unknown').threshold_failures).toEqual([
        'latency_ms was not measured (skipped); the maximum is 100 ms',
      ]);
    });
  });

  describe('when all weights are zero', () => {
    it('uses the defaults', () => {
      const weights = { latency_ms: 0, throughput: 0, cove_pass_rate: 0, retrieval_score: 0 };
      expect(selectModel(exampleCandidates(), { weights })).toEqual(selectModel(exampleCandidates()));
    });
  });

  describe('when the policy makes no sense', () => {
    it('refuses a negative weight and a percentage above 100', () => {
      const weights = { latency_ms: -1, throughput: 1, cove_pass_rate: 1, retrieval_score: 1 };
      expect(failureOf(() => selectModel([], { weights })).code).toBe('SELECT_WEIGHTS_INVALID');
      const thresholds = { ...DEFAULT_THRESHOLDS, min_cove_pass_rate: 101 };
      expect(failureOf(() => selectModel([], { thresholds })).code).toBe('SELECT_THRESHOLDS_INVALID');
    });
  });

  describe('for any candidates', () => {
    const value = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }));
    const percent = fc.option(fc.double({ min: 0, max: 100, noNaN: true }));
    const candidate = fc
      .record({
        version: fc.stringMatching(/^v[0-9]{1,3}(\.[0-9]{1,3})?$/),
        latency: value,
        throughput: value,
        cove: percent,
        retrieval: percent,
      })
      .map(({ version, ...values }) => toCandidate(version, values));
    const candidates = fc.uniqueArray(candidate, { selector: ({ version }) => version, maxLength: 12 });
    const weight = fc.double({ min: 0, max: 1e308, noNaN: true });
    const weights = fc.record({
      latency_ms: weight,
      throughput: weight,
      cove_pass_rate: weight,
      retrieval_score: weight,
    });

    it('gives the same result in every order', () => {
      const shuffled = candidates.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
      );
      fc.assert(
        fc.property(shuffled, weights, ([list, other], given) => {
          expect(selectModel(other, { weights: given })).toEqual(selectModel(list, { weights: given }));
        }),
      );
    });

    it('keeps scores between 0 and 1, weights at sum 1, and recommends only what passes', () => {
      fc.assert(
        fc.property(candidates, weights, (list, given) => {
          const result = selectModel(list, { weights: given });
          const sum = Object.values(result.selection_metadata.weights).reduce((a, b) => a + b, 0);
          expect(sum).toBeCloseTo(1, 9);
          expect(result.all_scores).toHaveLength(list.length);
          for (const { total_score, component_scores } of result.all_scores) {
            expect(total_score).toBeGreaterThanOrEqual(0);
            expect(total_score).toBeLessThanOrEqual(1);
            expect(Object.values(component_scores).reduce((a, b) => a + b, 0)).toBeCloseTo(total_score, 3);
          }
          const passing = result.all_scores.filter(({ passed_thresholds }) => passed_thresholds);
          const best = passing[0]?.total_score ?? null;
          if (best === null) expect(result.recommended_model).toBeNull();
          else {
            const winner = passing.find(({ model_version }) => model_version === result.recommended_model);
            expect(best - (winner?.total_score ?? -1)).toBeLessThanOrEqual(0.0101);
          }
        }),
      );
    });
  });
});

describe('assertSelected', () => {
  it('lets a result with a winner pass', () => {
    expect(() => assertSelected(selectModel(exampleCandidates()))).not.toThrow();
  });

  it('refuses with the whole result when nobody passes', () => {
    const result = selectModel([toCandidate('v1', { cove: 10 })]);
    const failure = failureOf(() => assertSelected(result));
    expect(failure.code).toBe('SELECT_NONE_PASSED');
    expect(failure.exitCode).toBe(3);
    expect(failure.details).toEqual(result);
    expect(failure.message).toBe('The only candidate does not pass every threshold.');
  });
});
