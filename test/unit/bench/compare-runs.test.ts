import { describe, expect, it } from 'vitest';
import { compareRuns } from '../../../src/bench/compare-runs.ts';
import { toCandidate, toRun } from '../../fakes/benchmark-run.ts';
import { measuredCandidate, measuredRun, type MeasuredModel } from '../../fakes/measured-run.ts';

function compare(a: MeasuredModel, b: MeasuredModel, milton: Parameters<typeof measuredRun>[1] = {}) {
  const comparison = compareRuns(
    measuredRun([measuredCandidate('v1', a)]),
    measuredRun([measuredCandidate('v1', b)], milton),
  );
  const [candidate] = comparison.candidates;
  if (candidate === undefined) throw new Error('The two have a candidate in common.');
  return { comparison, ...candidate };
}

describe('compareRuns', () => {
  it('calls two runs of one model noise, in speed and in quality', () => {
    const { comparison, metrics, caveats } = compare({ seed: 1 }, { seed: 2 });
    expect(Object.values(metrics).map(({ verdict }) => verdict)).toEqual([
      'noise',
      'noise',
      'noise',
      'noise',
    ]);
    expect(comparison).toMatchObject({
      speed: 'noise',
      quality: 'noise',
      noisy: false,
      only_a: [],
      only_b: [],
      caveats: [],
    });
    expect(caveats).toEqual([]);
    expect(metrics.cove_pass_rate).toMatchObject({ change: 0, interval: [0, 0], pairs: 24 });
    expect(metrics.cove_pass_rate.because).toBe('all 24 cases came out the same');
  });

  it('says by how much a model became slower, with an interval around it', () => {
    const { comparison, metrics } = compare({ seed: 1 }, { seed: 2, latencyMs: 24, tokensPerSecond: 320 });
    const { latency_ms: latency, tokens_per_sec: rate } = metrics;
    expect(latency).toMatchObject({
      verdict: 'worse',
      a: 20,
      b: 24,
      unit: 'percent',
      confidence: 0.99,
      pairs: 8,
    });
    expect(latency.change).toBeCloseTo(20, 0);
    expect(latency.interval?.[0]).toBeGreaterThan(15);
    expect(latency.interval?.[1]).toBeLessThan(25);
    expect(rate.verdict).toBe('worse');
    expect(rate.change).toBeCloseTo(-20, 0);
    expect(comparison).toMatchObject({ speed: 'different', quality: 'noise' });
  });

  it('calls less time and more tokens better', () => {
    const { metrics } = compare({}, { seed: 3, latencyMs: 15, tokensPerSecond: 600 });
    expect([metrics.latency_ms.verdict, metrics.tokens_per_sec.verdict]).toEqual(['better', 'better']);
  });

  it('pairs the cases: six that are lost are a difference, five are noise, and the interval says the same', () => {
    const lost = compare({ passed: 24 }, { passed: 18 }).metrics.cove_pass_rate;
    expect(lost).toMatchObject({ verdict: 'worse', change: -25, unit: 'points', confidence: 0.95 });
    expect(lost.interval?.[1]).toBeLessThan(0);
    const few = compare({ passed: 24 }, { passed: 19 }).metrics.cove_pass_rate;
    expect(few.verdict).toBe('noise');
    expect(few.interval?.[0]).toBeCloseTo(-100 * (5 / 24), 6);
    expect(few.interval?.[1]).toBeGreaterThan(0);
  });

  it('pairs the queries', () => {
    const { metrics } = compare({ found: 26 }, { found: 12 });
    expect(metrics.retrieval_score).toMatchObject({ verdict: 'worse', pairs: 30 });
    expect(metrics.retrieval_score.change).toBeCloseTo((-100 * 14) / 30, 6);
    expect(metrics.retrieval_score.because).toBe('of 30 queries, 0 scored higher in B and 14 lower');
  });

  describe('when the suites are different, or not stated', () => {
    it('pairs nothing: speeds are unknown, qualities of different questions', () => {
      for (const suite_sha256 of ['00'.repeat(32), null]) {
        const { comparison, metrics } = compare({}, { passed: 8, found: 8, latencyMs: 90 }, { suite_sha256 });
        expect(metrics.latency_ms).toMatchObject({
          verdict: 'unknown',
          change: 350,
          interval: null,
          pairs: 0,
        });
        expect(metrics.cove_pass_rate).toMatchObject({ verdict: 'worse', pairs: 0 });
        expect(metrics.retrieval_score).toMatchObject({ verdict: 'worse', pairs: 0 });
        expect(comparison.speed).toBe('unknown');
        expect(comparison.caveats.join()).toContain('the suite');
      }
    });
  });

  it('names what else may be the reason', () => {
    const { comparison, caveats } = compare(
      { threads: 2 },
      { sha256: '11'.repeat(32), noisyBecause: ['other programs kept 1.0 of 2 processors\u0007 busy'] },
      { machine_sha256: null, engine_version: '4', incomplete: true },
    );
    expect(comparison.noisy).toBe(true);
    expect(caveats).toEqual([
      'the bytes that were measured are not the same',
      '2 threads in A, 1 in B',
      'B was noisy: other programs kept 1.0 of 2 processors\\x07 busy',
    ]);
    expect(comparison.caveats).toEqual([
      'B does not state the machine',
      'the version of the engine is not the same in both',
      'B was cut short',
    ]);
  });

  it('holds a model against the same bytes under another version, and names what only one run has', () => {
    const a = measuredRun([
      measuredCandidate('v1', { sha256: '01'.repeat(32) }),
      measuredCandidate('gone', { sha256: '02'.repeat(32) }),
    ]);
    const b = measuredRun([
      measuredCandidate('new', { sha256: '03'.repeat(32) }),
      measuredCandidate('v1-renamed', { sha256: '01'.repeat(32) }),
    ]);
    const { candidates, only_a, only_b } = compareRuns(a, b);
    expect(candidates.map(({ version, version_b }) => [version, version_b])).toEqual([['v1', 'v1-renamed']]);
    expect([only_a, only_b]).toEqual([['gone'], ['new']]);
  });

  it('says of a model that failed in one run that it was not measured there', () => {
    const { comparison, metrics } = compare({}, { error: 'The engine crashed.' });
    expect(metrics.latency_ms).toMatchObject({
      verdict: 'unknown',
      a: 20,
      b: null,
      because: 'not measured in B',
    });
    expect(comparison).toMatchObject({ speed: 'unknown', quality: 'unknown' });
    // Of what failed in both there is nothing to tell.
    const both = compareRuns(
      measuredRun([measuredCandidate('v1', {}), measuredCandidate('v2', { error: 'x' })]),
      measuredRun([measuredCandidate('v1', {}), measuredCandidate('v2', { error: 'y' })]),
    );
    expect(both.speed).toBe('noise');
  });

  it('knows the values alone of runs of other programs, and calls nothing noise', () => {
    const run = toRun([toCandidate('v1')]);
    const { candidates, speed, quality } = compareRuns(run, toRun([toCandidate('v1', { latency: 20 })]));
    const [first] = candidates;
    expect(first?.metrics.latency_ms).toMatchObject({ verdict: 'unknown', a: 10, b: 20, change: 100 });
    expect(first?.metrics.cove_pass_rate).toMatchObject({ verdict: 'unknown', change: 0, interval: null });
    expect([speed, quality]).toEqual(['unknown', 'unknown']);
  });

  it('takes numbers that cannot be for numbers that are not stated', () => {
    const broken = measuredCandidate('v1', {});
    const metadata = {
      prompts: [{ id: 'tides', samples: [0, -1, 'x', null] }, 7, null],
      cases: 'none',
      queries: {},
    };
    const metrics = Object.fromEntries(
      Object.entries(broken.metrics).map(([name, metric]) => [name, { ...metric, metadata }]),
    ) as unknown as typeof broken.metrics;
    const run = measuredRun([{ ...broken, metrics }]);
    const [compared] = compareRuns(run, run).candidates;
    expect(Object.values(compared?.metrics ?? {}).map(({ verdict }) => verdict)).toEqual(
      Array.from({ length: 4 }, () => 'unknown'),
    );
  });
});
