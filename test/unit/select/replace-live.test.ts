import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../src/evidence/index.ts';
import { judgeReplacement, type Replacement, type ReplaceOptions } from '../../../src/select/replace-live.ts';
import { assertSelected, selectModel } from '../../../src/select/select-model.ts';
import { toCandidate } from '../../fakes/benchmark-run.ts';
import { withSpread } from '../../fakes/spread.ts';

const SHA = { old: 'a'.repeat(64), fresh: 'b'.repeat(64), other: 'c'.repeat(64) };
/** Only CoVe counts: a percent more is 0.01 of the score more. */
const WEIGHTS = { latency_ms: 0, throughput: 0, cove_pass_rate: 1, retrieval_score: 0 };

const measuredAs = (sha256: string): Partial<Candidate> => ({
  artifact: { type: 'gguf', path: '/m.gguf', sha256, size_bytes: 1 },
});

function judge(
  candidates: readonly Candidate[],
  live: { version: string; artifactSha256: string } | null = { version: 'old', artifactSha256: SHA.old },
  options: ReplaceOptions = {},
): Replacement {
  const result = selectModel(candidates, { weights: WEIGHTS });
  assertSelected(result);
  return judgeReplacement({ result, candidates }, live, options);
}

function pair(oldCove: number, newCove: number): readonly [Candidate, Candidate] {
  return [
    toCandidate('old', { cove: oldCove }, measuredAs(SHA.old)),
    toCandidate('new', { cove: newCove, latency: 5 }, measuredAs(SHA.fresh)),
  ];
}

describe('judgeReplacement', () => {
  it('replaces what is live by what is better by more than the gain asked for', () => {
    expect(judge(pair(92, 95))).toEqual({
      kind: 'replace',
      because: 'better',
      reason: 'new (0.9500) is 0.0300 above old, which is live (0.9200), more than 0.01; noise unknown.',
      live_version: 'old',
      live_score: 0.92,
      winner_version: 'new',
      winner_score: 0.95,
      gain: 0.03,
      min_gain: 0.01,
      noise: null,
    });
  });

  it('stays where the gain is exactly what is asked for, or less, with both scores', () => {
    for (const [from, to] of [
      [92, 93],
      [92, 92.5],
      [92, 92],
    ] as const) {
      const decision = judge(pair(from, to));
      expect(decision).toMatchObject({ kind: 'stay', because: 'gain-too-small', winner_version: 'new' });
      expect(decision.reason).toContain(`(${(from / 100).toFixed(4)})`);
      expect(decision.reason).toContain(`(${(to / 100).toFixed(4)})`);
    }
    expect(judge(pair(92, 93.01))).toMatchObject({ kind: 'replace' });
  });

  it('asks for the gain that is given', () => {
    expect(judge(pair(92, 95), undefined, { minGain: 0.03 })).toMatchObject({ kind: 'stay', min_gain: 0.03 });
    expect(judge(pair(92, 92.5), undefined, { minGain: 0 })).toMatchObject({ kind: 'replace' });
  });

  it.each([-0.1, 1.1, Number.NaN, Infinity])('refuses %d as a gain: SELECT_MIN_GAIN_INVALID', (minGain) => {
    expect(() => judge(pair(92, 95), undefined, { minGain })).toThrow(
      expect.objectContaining({ code: 'SELECT_MIN_GAIN_INVALID', exitCode: 2 }),
    );
  });

  it('stays within the noise that the run states, and replaces outside of it', () => {
    const of = (half: number): Replacement =>
      judge([
        withSpread('old', { cove: 92 }, { cove: half }, measuredAs(SHA.old)),
        withSpread('new', { cove: 96, latency: 5 }, { cove: half }, measuredAs(SHA.fresh)),
      ]);
    expect(of(3)).toMatchObject({ kind: 'stay', because: 'within-noise', gain: 0.04 });
    expect(of(3).noise).toBeCloseTo(0.0424, 3);
    expect(of(3).reason).toContain('may be chance');
    expect(of(2)).toMatchObject({ kind: 'replace', because: 'better' });
    expect(of(2).reason).not.toContain('unknown');
  });

  it('replaces a live model that fails a threshold, however small the gain', () => {
    const decision = judge(pair(89.9, 90));
    expect(decision).toMatchObject({ kind: 'replace', because: 'live-fails', winner_version: 'new' });
    expect(decision.reason).toContain('cove_pass_rate 89.9 % is below the minimum 90 %');
  });

  it('replaces one that fails by one with a lower score that passes', () => {
    const failing = toCandidate('old', { cove: 99, retrieval: 10 }, measuredAs(SHA.old));
    const decision = judge([failing, toCandidate('new', { cove: 91 }, measuredAs(SHA.fresh))]);
    expect(decision).toMatchObject({ kind: 'replace', because: 'live-fails' });
    expect(decision.gain).toBeLessThan(0);
  });

  it('deploys where nothing is live', () => {
    expect(judge(pair(92, 92), null)).toMatchObject({ kind: 'replace', because: 'nothing-live', gain: null });
  });

  it('stays where the best is live already', () => {
    expect(judge(pair(95, 92))).toMatchObject({ kind: 'stay', because: 'best-already' });
  });

  it('stays where the best has the bytes that are live, under another version', () => {
    const same = [
      toCandidate('old', { cove: 91 }, measuredAs(SHA.old)),
      toCandidate('new', { cove: 95 }, measuredAs(SHA.old)),
    ];
    expect(judge(same)).toMatchObject({ kind: 'stay', because: 'best-already' });
  });

  it('knows the live model by its digest before its version', () => {
    const renamed = [
      toCandidate('renamed', { cove: 92 }, measuredAs(SHA.old)),
      toCandidate('old', { cove: 99 }, measuredAs(SHA.other)),
    ];
    expect(judge(renamed)).toMatchObject({ kind: 'replace', winner_version: 'old', live_score: 0.92 });
  });

  it('knows it by its version where the run states no digest', () => {
    const unbound = [toCandidate('old', { cove: 92 }), toCandidate('new', { cove: 92.5, latency: 5 })];
    expect(judge(unbound)).toMatchObject({ kind: 'stay', because: 'gain-too-small', live_score: 0.92 });
  });

  it('stays where the run did not measure it, or measured other bytes under its version', () => {
    for (const candidates of [
      [toCandidate('new', {}, measuredAs(SHA.fresh))],
      [
        toCandidate('old', { cove: 91 }, measuredAs(SHA.other)),
        toCandidate('new', {}, measuredAs(SHA.fresh)),
      ],
    ]) {
      expect(judge(candidates)).toMatchObject({ kind: 'stay', because: 'live-unmeasured', live_score: null });
      expect(judge(candidates, undefined, { deployUnmeasured: true })).toMatchObject({
        kind: 'replace',
        because: 'live-unmeasured',
      });
    }
  });

  it('never replaces for less than the gain, whatever was measured', () => {
    const cove = fc.double({ min: 90, max: 100, noNaN: true });
    fc.assert(
      fc.property(cove, cove, fc.double({ min: 0, max: 1, noNaN: true }), (from, to, minGain) => {
        const { kind, gain, because } = judge(pair(from, to), undefined, { minGain });
        if (because === 'best-already') return kind === 'stay';
        return (kind === 'replace') === (gain ?? 0) > minGain;
      }),
    );
  });
});
