import { describe, expect, it } from 'vitest';
import { judgeInference, withoutInference, type InferenceSeen } from '../../../src/deploy/judge-load-test.ts';
import { toBenchmarkSummary } from '../../../src/evidence/index.ts';
import { toCandidate, toRun } from '../../fakes/benchmark-run.ts';

const candidate = toCandidate('v1', { latency: 12.5, throughput: 48 });
const summary = toBenchmarkSummary(toRun([candidate]), candidate, 'v1');

const SOUND: InferenceSeen = {
  engine: 'llama-cpp',
  prompt: 'fox-1',
  requestedTokens: 4,
  summary,
  facts: {
    loadMs: 12.3456,
    vocabularySize: 100,
    contextTokens: 512,
    engineVersion: '3.22.1 (llama.cpp v0.5.0)',
    deviceName: 'cpu',
    threads: 1,
    missingProtections: [],
    peakRssBytes: 1000,
  },
  generation: {
    text: 'abcd',
    tokens: [0, 99, 3, 4],
    tokenCount: 4,
    promptTokenCount: 9,
    endedBy: 'token-limit',
    timeToFirstTokenMs: 5.678,
    totalMs: 20,
    tokensPerSecond: 33.333,
    logits: { allFinite: true, allEqual: false, stepsChecked: 4 },
    repeated: false,
  },
};

const withGeneration = (change: Partial<InferenceSeen['generation']>): InferenceSeen => ({
  ...SOUND,
  generation: { ...SOUND.generation, ...change },
});

describe('judgeInference', () => {
  it('reports what was measured beside what the benchmark measured', () => {
    expect(judgeInference(SOUND)).toEqual({
      report: {
        kind: 'inference',
        passed: true,
        engine: 'llama-cpp',
        engine_version: '3.22.1 (llama.cpp v0.5.0)',
        engine_flags: null,
        tokens: 4,
        prompt: 'fox-1',
        load_ms: 12.35,
        time_to_first_token_ms: 5.68,
        tokens_per_second: 33.33,
        peak_rss_bytes: 1000,
        benchmark_latency_ms: 12.5,
        benchmark_tokens_per_second: 48,
        smoke_answer: null,
        note: null,
      },
      warnings: [],
    });
  });

  it.each([
    [
      'a logit is NaN',
      withGeneration({
        logits: { allFinite: false, allEqual: false, stepsChecked: 1 },
        tokens: [],
        tokenCount: 0,
      }),
      { expected: 'every logit finite', received: 'a logit that is not finite at step 1' },
    ],
    [
      'all logits are equal',
      withGeneration({ logits: { allFinite: true, allEqual: true, stepsChecked: 4 } }),
      { expected: 'logits that differ', received: 'all logits equal' },
    ],
    [
      'a token is beyond the vocabulary',
      withGeneration({ tokens: [1, 100, 2, 3] }),
      { expected: 'tokens below 100', received: 'token 100' },
    ],
    [
      'a token is negative',
      withGeneration({ tokens: [1, -1, 2, 3] }),
      { expected: 'tokens below 100', received: 'token -1' },
    ],
    [
      'it stopped too early',
      withGeneration({ tokens: [1], tokenCount: 1, endedBy: 'end-of-generation' }),
      { expected: '4 tokens', received: '1 tokens (end-of-generation)' },
    ],
    [
      'it did nothing at all',
      withGeneration({ tokens: [], tokenCount: 0, endedBy: 'context-full' }),
      { expected: '4 tokens', received: '0 tokens (context-full)' },
    ],
  ])('refuses when %s, with both sides', (_, seen, details) => {
    expect(() => judgeInference(seen)).toThrow(
      expect.objectContaining({ code: 'DEPLOY_LOAD_TEST_FAILED', exitCode: 3, details }),
    );
  });

  it('only warns of a model that repeats itself, and of protections that are missing', () => {
    const seen = withGeneration({ repeated: true });
    const facts = { ...SOUND.facts, missingProtections: ['nice: not allowed'] };
    const { report, warnings } = judgeInference({ ...seen, facts });
    expect(report.passed).toBe(true);
    expect(warnings.map(({ code }) => code)).toEqual(['ENGINE_PROTECTION_MISSING', 'LOAD_TEST_REPETITION']);
  });
});

describe('withoutInference', () => {
  it('passes a structure, never a test that was skipped', () => {
    expect(withoutInference('structure', summary, 'why')).toMatchObject({ kind: 'structure', passed: true });
    expect(withoutInference('skipped', null, 'why')).toMatchObject({
      kind: 'skipped',
      passed: false,
      tokens: null,
      benchmark_latency_ms: null,
      note: 'why',
    });
  });
});
