import { describe, expect, it } from 'vitest';
import { DEFAULT_THRESHOLDS } from '../../../src/select/defaults.ts';
import { toThresholdFailures } from '../../../src/select/threshold-failures.ts';
import { toCandidate } from '../../fakes/benchmark-run.ts';

describe('toThresholdFailures', () => {
  it('says nothing of a candidate that stands exactly on its thresholds', () => {
    expect(toThresholdFailures(toCandidate('v1', { cove: 90, retrieval: 50 }), DEFAULT_THRESHOLDS)).toEqual(
      [],
    );
  });

  it('fails a missing CoVe rate and retrieval score, with the reason, even at a threshold of 0', () => {
    const candidate = toCandidate('v1', { retrieval: null });
    const broken = {
      ...candidate,
      metrics: {
        ...candidate.metrics,
        cove_pass_rate: { status: 'error', value: null, error_message: 'no\u001b[31m model', metadata: {} },
      },
    } as const;
    const thresholds = { ...DEFAULT_THRESHOLDS, min_cove_pass_rate: 0, min_retrieval_score: 0 };
    expect(toThresholdFailures(broken, thresholds)).toEqual([
      'cove_pass_rate was not measured (error: no\\x1b[31m model); the minimum is 0 %',
      'retrieval_score was not measured (skipped); the minimum is 0 %',
    ]);
  });

  it('never says that something missed by 0', () => {
    expect(toThresholdFailures(toCandidate('v1', { cove: 89.99999 }), DEFAULT_THRESHOLDS)).toEqual([
      'cove_pass_rate 89.99999 % is below the minimum 90 % by 0.00001 %',
    ]);
  });
});
