import { describe, expect, it } from 'vitest';
import { DEFAULT_PROMPTS } from '../../../src/bench/default-prompts.ts';
import { measureCandidate } from '../../../src/bench/measure-candidate.ts';
import type { Suite } from '../../../src/bench/suite.ts';
import { EngineFailure } from '../../../src/engine/index.ts';
import { fixedClock } from '../../../src/system/index.ts';
import { fakeSubject, strawSubject, type FakeSubject } from '../../fakes/bench-subject.ts';

const SUITE: Suite = {
  name: 'made up',
  description: null,
  seenBy: ['v1'],
  sha256: '0'.repeat(64),
  prompts: DEFAULT_PROMPTS,
  speed: [{ id: 's', category: 'facts', prompt: 'Why?', maxTokens: 8 }],
  cove: [
    { id: 'c1', category: 'facts', question: 'A?', draft: 'a', draftIsRight: true, accepted: ['a'] },
    { id: 'c2', category: 'facts', question: 'B?', draft: 'x', draftIsRight: false, accepted: ['b'] },
  ],
  retrieval: {
    documents: [
      { id: 'd1', text: 'about a' },
      { id: 'd2', text: 'about b' },
    ],
    queries: [{ id: 'q', query: 'b', relevant: ['d2'] }],
  },
};

const resources = async () => ({ peakRssBytes: 123e6, vramBytes: null, cpuMs: 0 });
const scoreEach: FakeSubject['scoreEach'] = async (prefix, continuations) =>
  continuations.map(() => ({ logProbability: prefix.includes('about b') ? -1 : -2, tokenCount: 1 }));

const quiet = {
  clock: fixedClock(new Date('2026-03-01T10:00:00Z')),
  now: () => 0,
  readLoad: async () => ({ loadAverage: 0.1, busyMs: 0, throttleCount: 0, processors: 2 }),
};

function knowing(over: Partial<FakeSubject> = {}): FakeSubject {
  return { ...strawSubject('knows', SUITE), scoreEach, resources, ...over };
}

describe('measureCandidate', () => {
  it('measures all three tiers, and says under what conditions', async () => {
    const progress: string[] = [];
    const measurement = await measureCandidate(knowing(), SUITE, {
      ...quiet,
      version: 'v1',
      loadMs: 7,
      onProgress: ({ tier, done, total }) => progress.push(`${tier} ${done}/${total ?? '?'}`),
    });
    const { metrics, conditions, outcome, failure } = measurement;
    expect([outcome, failure]).toEqual(['complete', null]);
    expect(Object.entries(metrics).map(([name, { status, value }]) => [name, status, value])).toEqual([
      ['latency_ms', 'ok', 5],
      ['tokens_per_sec', 'ok', 1000],
      ['peak_ram_mb', 'ok', 123],
      ['peak_vram_mb', 'skipped', null],
      ['cove_pass_rate', 'ok', 100],
      ['retrieval_score', 'ok', 100],
    ]);
    expect(metrics.cove_pass_rate.metadata).toMatchObject({
      passed: 2,
      count: 2,
      final_right: 2,
      verdict_right: 2,
      constrained: true,
      seen: true,
      cases: [
        { id: 'c1', draft_is_right: true, passed: true, final_answer: 'a', verdict: 'correct' },
        { id: 'c2', draft_is_right: false, passed: true, final_answer: 'b', verdict: 'incorrect' },
      ],
    });
    expect(metrics.retrieval_score.metadata).toMatchObject({
      method: 'query_likelihood',
      count: 1,
      documents: 2,
      interval_95: [100, 100],
      keyword_baseline: 100,
      queries: [{ id: 'q', f1: 1, relevant: ['d2'], ranked: ['d2', 'd1'] }],
    });
    expect(conditions).toEqual({
      started_at: '2026-03-01T10:00:00.000Z',
      finished_at: '2026-03-01T10:00:00.000Z',
      load_average: { before: 0.1, after: 0.1 },
      throttled: false,
      noisy: false,
      noisy_because: [],
    });
    expect(progress).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((no) => `speed ${no}/?`),
      'cove 1/2',
      'cove 2/2',
      'retrieval 1/2',
      'retrieval 2/2',
    ]);
    // All of it can stand in a file.
    expect(JSON.parse(JSON.stringify(measurement))).toEqual(measurement);
  });

  it('tells what a crash left over: what was measured stands, the rest is an error with the reason', async () => {
    const subject = knowing({
      scoreEach: async () => {
        throw new EngineFailure('ENGINE_CRASHED', 'It was ended by SIGSEGV.');
      },
    });
    const { metrics, outcome, failure } = await measureCandidate(subject, SUITE, quiet);
    expect([outcome, failure?.code]).toEqual(['failed', 'ENGINE_CRASHED']);
    expect(metrics.cove_pass_rate).toMatchObject({ status: 'ok', value: 100 });
    expect(metrics.retrieval_score).toEqual({
      status: 'error',
      value: null,
      error_message: 'It was ended by SIGSEGV.',
      metadata: { code: 'ENGINE_CRASHED' },
    });
  });

  it('asks an engine that has ended nothing more', async () => {
    let calls = 0;
    const subject = knowing({
      answer: async () => {
        calls += 1;
        throw new EngineFailure('ENGINE_TIMED_OUT', 'It hung.');
      },
    });
    const { metrics } = await measureCandidate(subject, SUITE, quiet);
    expect(calls).toBe(1);
    for (const name of ['latency_ms', 'tokens_per_sec', 'cove_pass_rate', 'retrieval_score'] as const) {
      expect(metrics[name]).toMatchObject({ status: 'error', error_message: 'It hung.' });
    }
  });

  it('goes on with the next tier where only one could not be measured', async () => {
    const subject = knowing();
    const mute: FakeSubject = {
      ...subject,
      answer: async (prompt, request) => {
        const answer = await subject.answer(prompt, request);
        return JSON.stringify(prompt).includes('Why?') ? { ...answer, tokenCount: 0 } : answer;
      },
    };
    const { metrics, outcome } = await measureCandidate(mute, SUITE, quiet);
    expect(outcome).toBe('failed');
    expect(metrics.latency_ms.metadata).toEqual({ code: 'BENCH_ANSWER_UNUSABLE' });
    expect(metrics.cove_pass_rate.status).toBe('ok');
  });

  it('returns what is finished when it is interrupted, and marks the rest', async () => {
    const controller = new AbortController();
    const { metrics, outcome } = await measureCandidate(knowing(), SUITE, {
      ...quiet,
      signal: controller.signal,
      onProgress: ({ tier }) => {
        if (tier === 'cove') controller.abort();
      },
    });
    expect(outcome).toBe('interrupted');
    expect(metrics.latency_ms.status).toBe('ok');
    expect(metrics.cove_pass_rate).toMatchObject({
      status: 'skipped',
      value: null,
      error_message: 'interrupted after 1 of 2 cases',
      metadata: { passed: 1, count: 1 },
    });
    expect(metrics.retrieval_score).toMatchObject({
      status: 'skipped',
      error_message: 'interrupted before it began',
    });
  });

  it('says that a busy machine was noisy', async () => {
    let no = 0;
    const { conditions } = await measureCandidate(knowing(), SUITE, {
      ...quiet,
      now: () => (no += 1) * 1000,
      readLoad: async () => ({ loadAverage: 2, busyMs: no * 2000, throttleCount: null, processors: 2 }),
    });
    expect(conditions).toMatchObject({ noisy: true, throttled: null });
    expect(conditions.noisy_because[0]).toMatch(
      /^other programs kept [\d.]+ of 2 processors busy meanwhile$/,
    );
  });

  it('skips retrieval, with the reason, where the engine can tell nothing', async () => {
    const { metrics, outcome } = await measureCandidate(fakeSubject(), SUITE, quiet);
    expect(outcome).toBe('complete');
    expect(metrics.retrieval_score).toMatchObject({ status: 'skipped' });
    expect(metrics.peak_ram_mb).toMatchObject({ status: 'skipped' });
  });

  it('skips a part of which no case is to be asked', async () => {
    const nothing = { ...SUITE, speed: [], cove: [], retrieval: { documents: [], queries: [] } };
    const { metrics, outcome, conditions } = await measureCandidate(knowing(), nothing, quiet);
    expect(outcome).toBe('complete');
    expect(conditions.noisy).toBe(false);
    for (const name of ['latency_ms', 'tokens_per_sec', 'cove_pass_rate', 'retrieval_score'] as const) {
      expect(metrics[name]).toMatchObject({
        status: 'skipped',
        error_message: 'no case of this part was asked',
      });
    }
  });

  it('does not hide a mistake of our own', async () => {
    const subject = knowing({
      answer: async () => {
        throw new TypeError('x is not a function');
      },
    });
    await expect(measureCandidate(subject, SUITE, quiet)).rejects.toThrow(TypeError);
  });
});
