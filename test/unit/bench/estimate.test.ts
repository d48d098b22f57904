import { describe, expect, it } from 'vitest';
import { DEFAULT_PROMPTS } from '../../../src/bench/default-prompts.ts';
import { estimateSuite, fitBudget, probeSpeed, type SpeedProbe } from '../../../src/bench/estimate.ts';
import { sampleSuite } from '../../../src/bench/sample-suite.ts';
import type { Suite } from '../../../src/bench/suite.ts';
import { fakeSubject } from '../../fakes/bench-subject.ts';

const SUITE: Suite = {
  name: 'made up',
  description: null,
  seenBy: [],
  sha256: '0'.repeat(64),
  prompts: DEFAULT_PROMPTS,
  speed: Array.from({ length: 8 }, (_, no) => ({
    id: `s${no}`,
    category: `k${no}`,
    prompt: 'x'.repeat(100),
    maxTokens: 50,
  })),
  cove: Array.from({ length: 36 }, (_, no) => ({
    id: `c${no}`,
    category: `k${no % 6}`,
    question: 'How many?',
    draft: '7',
    // In each category as many of both.
    draftIsRight: Math.floor(no / 6) % 2 === 0,
    accepted: [Math.floor(no / 6) % 2 === 0 ? '7' : '8'],
  })),
  retrieval: {
    documents: Array.from({ length: 40 }, (_, no) => ({ id: `d${no}`, text: 'y'.repeat(200) })),
    queries: Array.from({ length: 30 }, (_, no) => ({ id: `q${no}`, query: 'why?', relevant: [`d${no}`] })),
  },
};
const PROBE: SpeedProbe = {
  promptTokensPerSecond: 100,
  tokensPerSecond: 10,
  tokensPerCharacter: 0.25,
  overheadMs: 0,
};

describe('estimateSuite', () => {
  it('adds up what is read and what is written', () => {
    const one = {
      ...SUITE,
      speed: SUITE.speed.slice(0, 1),
      cove: [],
      retrieval: { documents: [], queries: [] },
    };
    // 25 tokens at 100 and 50 at 10 a second: 5.25 s; two for warming up, and a few more than six rounds.
    const { speedMs, coveMs, retrievalMs, totalMs } = estimateSuite(one, PROBE);
    expect(speedMs / 5250).toBeGreaterThan(8);
    expect(speedMs / 5250).toBeLessThan(15);
    expect([coveMs, retrievalMs, totalMs]).toEqual([0, 0, speedMs]);
  });

  it('halves where the model is twice as fast', () => {
    const fast = { ...PROBE, promptTokensPerSecond: 200, tokensPerSecond: 20 };
    expect(estimateSuite(SUITE, fast).totalMs).toBeCloseTo(estimateSuite(SUITE, PROBE).totalMs / 2, 3);
  });
});

describe('fitBudget', () => {
  it('takes all where they fit', () => {
    expect(fitBudget(SUITE, PROBE, { budgetMs: Number.MAX_SAFE_INTEGER })).toEqual({
      speed: 8,
      cove: 36,
      retrieval: 30,
    });
  });

  it('takes a share of each, so that what is left takes about as long as it may', () => {
    const { totalMs } = estimateSuite(SUITE, PROBE);
    const counts = fitBudget(SUITE, PROBE, { budgetMs: totalMs / 2 });
    expect(counts).toEqual({ speed: 4, cove: 18, retrieval: 15 });
    const left = estimateSuite(sampleSuite(SUITE, counts), PROBE).totalMs;
    expect(left).toBeLessThanOrEqual(totalMs * 0.6);
  });

  it('never takes fewer than can be judged', () => {
    expect(fitBudget(SUITE, PROBE, { budgetMs: 0 })).toEqual({ speed: 2, cove: 6, retrieval: 6 });
  });
});

describe('sampleSuite', () => {
  it('keeps drafts in balance, every kind, all documents and the digest', () => {
    const { cove, retrieval, sha256 } = sampleSuite(SUITE, { speed: 2, cove: 12, retrieval: 5 });
    expect(cove.filter(({ draftIsRight }) => draftIsRight)).toHaveLength(6);
    expect(new Set(cove.map(({ category }) => category)).size).toBe(6);
    const few = sampleSuite(SUITE, { speed: 2, cove: 6, retrieval: 5 }).cove;
    expect(few.filter(({ draftIsRight }) => draftIsRight)).toHaveLength(3);
    expect([retrieval.documents.length, retrieval.queries.length]).toEqual([40, 5]);
    expect(sha256).toBe(SUITE.sha256);
  });
});

describe('probeSpeed', () => {
  it('reads the speeds off a second answer of twenty tokens', async () => {
    const subject = fakeSubject({
      times: (no) =>
        no === 1
          ? { timeToFirstTokenMs: 9000, totalMs: 9999 }
          : {
              promptTokenCount: 50,
              tokenCount: 20,
              timeToFirstTokenMs: 500,
              totalMs: 1450,
              timings: { promptMs: 400, promptTokens: 50, evalMs: 900, evalTokens: 19 },
            },
    });
    expect(await probeSpeed(subject, SUITE)).toMatchObject({
      promptTokensPerSecond: 125,
      tokensPerSecond: 20,
      tokensPerCharacter: 0.5,
    });
  });

  it('makes do with what a server tells', async () => {
    const subject = fakeSubject({
      times: () => ({ tokenCount: 1, timings: null, timeToFirstTokenMs: 0, totalMs: 0, promptTokenCount: 0 }),
    });
    const probe = await probeSpeed(subject, SUITE);
    expect(Object.values(probe).every((value: number) => Number.isFinite(value) && value > 0)).toBe(true);
  });
});
