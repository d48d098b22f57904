import { describe, expect, it } from 'vitest';
import { measureSpeed } from '../../../src/bench/measure-speed.ts';
import { toSpeedMetrics } from '../../../src/bench/speed-metrics.ts';
import { toSpeedSample } from '../../../src/bench/speed-sample.ts';
import type { SubjectAnswer } from '../../../src/bench/subject.ts';
import { seededRandom } from '../../../src/bench/statistics/seeded-random.ts';
import { fakeSubject } from '../../fakes/bench-subject.ts';

const PROMPTS = ['a', 'b', 'c'].map((id) => ({
  id,
  category: `of ${id}`,
  prompt: `Tell ${id}.`,
  maxTokens: 8,
}));
const WARM_UP = 2;

/** A clock that goes on by itself, a second for each look. */
function ticking(): () => number {
  let ms = 0;
  return () => (ms += 1000);
}

const answer = (over: Partial<SubjectAnswer> = {}): SubjectAnswer => ({
  text: 'x',
  promptTokenCount: 50,
  tokenCount: 11,
  endedBy: 'token-limit',
  timeToFirstTokenMs: 100,
  totalMs: 350,
  timings: { promptMs: 80, promptTokens: 50, evalMs: 200, evalTokens: 10 },
  ...over,
});

describe('toSpeedSample', () => {
  it('computes every rate from its own clock', () => {
    expect(toSpeedSample(answer())).toEqual({
      timeToFirstTokenMs: 100,
      totalMs: 350,
      tokenCount: 11,
      // 10 tokens in 250 ms.
      wallTokensPerSecond: 40,
      ownTokensPerSecond: 50,
      promptTokensPerSecond: 625,
      // 25 ms against 20 ms a token.
      differencePerTokenUs: 5000,
    });
  });

  it('has no rate of one token, and none of its own where the engine states none', () => {
    expect(toSpeedSample(answer({ tokenCount: 1, totalMs: 100, timings: null }))).toMatchObject({
      wallTokensPerSecond: null,
      ownTokensPerSecond: null,
      promptTokensPerSecond: null,
      differencePerTokenUs: null,
    });
  });
});

describe('measureSpeed', () => {
  it('ends after the fewest rounds where every answer takes the same time', async () => {
    const subject = fakeSubject();
    const measurement = await measureSpeed(subject, PROMPTS, { now: ticking() });
    expect(measurement).toMatchObject({ rounds: 6, spread: 0, settled: true, isComplete: true });
    expect(measurement.prompts.map(({ samples }) => samples.length)).toEqual([6, 6, 6]);
    expect(subject.asked).toHaveLength(WARM_UP + 6 * 3);
    expect(subject.asked.slice(WARM_UP, WARM_UP + 6)).toEqual([
      'Tell a.',
      'Tell b.',
      'Tell c.',
      'Tell a.',
      'Tell b.',
      'Tell c.',
    ]);
  });

  it('goes on until the medians are known, and says that they never were', async () => {
    const random = seededRandom(1);
    const noisy = (scale: number) =>
      fakeSubject({ times: () => ({ timeToFirstTokenMs: 100 * (1 + scale * random()), totalMs: 500 }) });
    const some = await measureSpeed(noisy(0.15), PROMPTS, { now: () => 0 });
    expect(some.rounds).toBeGreaterThan(6);
    expect(some.rounds).toBeLessThan(40);
    expect(some).toMatchObject({ settled: true });
    expect(some.spread).toBeLessThanOrEqual(0.05);
    const wild = await measureSpeed(noisy(20), PROMPTS, { now: () => 0 });
    expect(wild).toMatchObject({ rounds: 40, settled: false, isComplete: true });
  });

  it('ends when its time is over, after the fewest rounds', async () => {
    let no = 0;
    const subject = fakeSubject({ times: () => ({ timeToFirstTokenMs: 1 + ((no += 1) % 7), totalMs: 99 }) });
    const measurement = await measureSpeed(subject, PROMPTS, { now: ticking(), maxMs: 1 });
    expect(measurement).toMatchObject({ rounds: 6, settled: false });
  });

  it('keeps whole rounds only when it is interrupted', async () => {
    const controller = new AbortController();
    const subject = fakeSubject({
      times: (no) => {
        if (no === WARM_UP + 8) controller.abort();
        return {};
      },
    });
    const measurement = await measureSpeed(subject, PROMPTS, { now: ticking(), signal: controller.signal });
    expect(measurement).toMatchObject({ rounds: 2, isComplete: false });
    expect(measurement.prompts.map(({ samples }) => samples.length)).toEqual([2, 2, 2]);
  });

  it('keeps them too where a server breaks off with an error', async () => {
    const controller = new AbortController();
    const subject = fakeSubject({
      times: (no) => {
        if (no < WARM_UP + 5) return {};
        controller.abort();
        throw new Error('The connection was closed.');
      },
    });
    const measurement = await measureSpeed(subject, PROMPTS, { now: ticking(), signal: controller.signal });
    expect(measurement).toMatchObject({ rounds: 1, isComplete: false });
  });

  it('refuses a model that says nothing', async () => {
    await expect(
      measureSpeed(fakeSubject({ say: () => '' }), PROMPTS, { now: ticking() }),
    ).rejects.toMatchObject({
      code: 'BENCH_ANSWER_UNUSABLE',
    });
  });
});

describe('toSpeedMetrics', () => {
  it('counts each prompt once: the median of the medians', async () => {
    const times: Readonly<Record<string, number>> = { a: 10, b: 30, c: 500 };
    const subject = fakeSubject({ times: () => ({}) });
    const slow = {
      ...subject,
      answer: async (...args: Parameters<typeof subject.answer>) => {
        const given = await subject.answer(...args);
        const [prompt] = args;
        const id = /Tell (.)/.exec(JSON.stringify(prompt))?.[1] ?? '';
        const timeToFirstTokenMs = times[id] ?? 0;
        return { ...given, timeToFirstTokenMs, totalMs: timeToFirstTokenMs + 2 };
      },
    };
    const metrics = toSpeedMetrics(await measureSpeed(slow, PROMPTS, { now: ticking() }), { loadMs: 12 });
    expect(metrics.latency_ms).toMatchObject({
      status: 'ok',
      value: 30,
      metadata: {
        metric: 'first_token_latency',
        load_ms: 12,
        settled: true,
        summary: { count: 18, min: 10, max: 500, median: 30 },
        value_interval_95: [30, 30],
        prompts: [
          { id: 'a', category: 'of a', summary: { median: 10, count: 6 }, samples: [10, 10, 10, 10, 10, 10] },
          { id: 'b' },
          { id: 'c' },
        ],
      },
    });
    expect(metrics.tokens_per_sec).toMatchObject({
      status: 'ok',
      value: 1000,
      metadata: {
        source: 'llama.cpp',
        wall_clock: { median: 1000 },
        prompt_tokens_per_sec: { median: 2500 },
        difference_per_token_us: 0,
      },
    });
  });

  it('takes our own clock where the engine states no time', async () => {
    const subject = fakeSubject({ times: () => ({ timings: null }) });
    const metrics = toSpeedMetrics(await measureSpeed(subject, PROMPTS, { now: ticking() }), {
      loadMs: null,
    });
    expect(metrics.tokens_per_sec.metadata).toMatchObject({
      source: 'wall_clock',
      prompt_tokens_per_sec: null,
      difference_per_token_us: null,
    });
  });

  it('has no rate where every answer is one token long', async () => {
    const subject = fakeSubject({ say: () => 'one', times: () => ({ timings: null }) });
    const metrics = toSpeedMetrics(await measureSpeed(subject, PROMPTS, { now: ticking() }), {
      loadMs: null,
    });
    expect(metrics.latency_ms.status).toBe('ok');
    expect(metrics.tokens_per_sec).toMatchObject({ status: 'skipped', value: null });
  });
});
