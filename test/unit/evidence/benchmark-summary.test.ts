import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure, type JsonValue } from '../../../src/core/index.ts';
import { parseBenchmarkSummary, toBenchmarkSummary } from '../../../src/evidence/benchmark-summary.ts';
import { toCandidate, toRun } from '../../fakes/benchmark-run.ts';

const candidate = toCandidate('v1', { retrieval: null });
const run = toRun([candidate]);

describe('toBenchmarkSummary', () => {
  it('carries the four metrics of the candidate', () => {
    expect(toBenchmarkSummary(run, candidate, 'v1')).toEqual({
      run_id: 'benchmark_20260111_202801',
      timestamp: '2026-01-11T20:28:01.120934+00:00',
      model_version: 'v1',
      metrics: {
        latency_ms: { value: 10, status: 'ok' },
        tokens_per_sec: { value: 50, status: 'ok' },
        cove_pass_rate: { value: 95, status: 'ok' },
        retrieval_score: { value: null, status: 'skipped' },
      },
    });
  });

  it('has a null run and four skipped metrics without a run', () => {
    const skipped = { value: null, status: 'skipped' };
    expect(toBenchmarkSummary(null, null, 'v1')).toEqual({
      run_id: null,
      timestamp: null,
      model_version: 'v1',
      metrics: {
        latency_ms: skipped,
        tokens_per_sec: skipped,
        cove_pass_rate: skipped,
        retrieval_score: skipped,
      },
    });
  });
});

describe('parseBenchmarkSummary', () => {
  const summary = toBenchmarkSummary(run, candidate, 'v1');

  it('reads back what was made', () => {
    expect(parseBenchmarkSummary(summary)).toEqual(summary);
    expect(parseBenchmarkSummary(toBenchmarkSummary(null, null, 'v1')).run_id).toBeNull();
  });

  it('takes a metric that is not there as skipped and ignores what it does not know', () => {
    const { latency_ms } = summary.metrics;
    const read = parseBenchmarkSummary({ ...summary, metrics: { latency_ms, novel: 1 }, novel: 2 });
    expect(read).toEqual({
      ...summary,
      metrics: {
        latency_ms,
        tokens_per_sec: { value: null, status: 'skipped' },
        cove_pass_rate: { value: null, status: 'skipped' },
        retrieval_score: { value: null, status: 'skipped' },
      },
    });
  });

  it.each<[string, JsonValue, string]>([
    ['a list', [], 'the top level'],
    ['a missing version', { ...summary, model_version: 1 }, 'model_version'],
    ['a run id that is a number', { ...summary, run_id: 1 }, 'run_id'],
    ['missing metrics', { run_id: null, timestamp: null, model_version: 'v1' }, 'metrics'],
    [
      'an unknown status',
      { ...summary, metrics: { latency_ms: { value: 1, status: 'fine' } } },
      'metrics.latency_ms.status',
    ],
    [
      '"ok" without a value',
      { ...summary, metrics: { latency_ms: { value: null, status: 'ok' } } },
      'metrics.latency_ms.value',
    ],
  ])('refuses %s', (_, value, field) => {
    expect(() => parseBenchmarkSummary(value)).toThrow(
      expect.objectContaining({
        code: 'EVIDENCE_SUMMARY_INVALID',
        details: expect.objectContaining({ file: 'benchmark_summary.json', field }),
      }),
    );
  });

  it('reads or refuses any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseBenchmarkSummary(value as JsonValue);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});
