import { describe, expect, it } from 'vitest';
import { parseThresholds } from '../../../src/select/parse-thresholds.ts';

describe('parseThresholds', () => {
  it('reads short names, and keeps the default of what is not named', () => {
    expect(parseThresholds('cove=80,max-latency=100')).toEqual({
      min_cove_pass_rate: 80,
      min_retrieval_score: 50,
      max_latency_ms: 100,
      min_throughput: null,
    });
  });

  it('reads the names of the JSON result', () => {
    const text = 'min_cove_pass_rate=1,min_retrieval_score=2,max_latency_ms=3,min_throughput=4';
    expect(Object.values(parseThresholds(text))).toEqual([1, 2, 3, 4]);
  });

  it('names what the help names', () => {
    expect(() => parseThresholds('a=1')).toThrow(/expected cove, retrieval, max-latency, min-throughput, /);
    expect(() => parseThresholds('max_latency_ms=-1')).toThrow(/^The threshold max-latency must be /);
  });

  it('switches a limit on speed off with none', () => {
    expect(parseThresholds('max-latency=none').max_latency_ms).toBeNull();
  });

  it.each([
    'cove=101',
    'cove=-1',
    'cove=none',
    'retrieval=NaN',
    'max-latency=-5',
    'min-throughput=fast',
    'max-speed=1',
    'cove=1,cove=2',
    'cove==1',
  ])('refuses %s', (text) => {
    expect(() => parseThresholds(text)).toThrow(
      expect.objectContaining({ code: 'SELECT_THRESHOLDS_INVALID', exitCode: 2 }),
    );
  });
});
