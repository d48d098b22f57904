import { describe, expect, it } from 'vitest';
import { DEFAULT_PROMPTS } from '../../../src/bench/default-prompts.ts';
import { keywordIndex } from '../../../src/bench/keyword-ranking.ts';
import { cosine, f1Of, measureRetrieval } from '../../../src/bench/measure-retrieval.ts';
import type { RetrievalSet } from '../../../src/bench/suite.ts';
import { fakeSubject } from '../../fakes/bench-subject.ts';

const SET: RetrievalSet = {
  documents: [
    { id: 'tea', text: 'Green tea wants water of eighty degrees.' },
    { id: 'bike', text: 'Oil the chain of a bike after rain.' },
    { id: 'lamp', text: 'The lamp needs a new bulb.' },
  ],
  queries: [
    { id: 'q1', query: 'how hot for tea', relevant: ['tea'] },
    { id: 'q2', query: 'after rain', relevant: ['bike', 'lamp'] },
  ],
};
const OPTIONS = { prompts: DEFAULT_PROMPTS };

/** ln p of a query after a document, by the id of the document. */
const LOG_PROBABILITIES: Readonly<Record<string, readonly number[]>> = {
  tea: [-4, -9],
  bike: [-8, -3],
  lamp: [-12, -30],
};

function scoring(tokens: (continuation: string) => number = () => 2) {
  const seen: { prefix: string; continuations: readonly string[] }[] = [];
  const subject = fakeSubject({
    scoreEach: async (prefix, continuations) => {
      seen.push({ prefix, continuations });
      const { id } = SET.documents.find(({ text }) => prefix.includes(text)) ?? { id: '' };
      return continuations.map((continuation, index) => ({
        logProbability: LOG_PROBABILITIES[id]?.[index] ?? 0,
        tokenCount: tokens(continuation),
      }));
    },
  });
  return { subject, seen };
}

describe('measureRetrieval', () => {
  it('ranks by the likelihood of the query, each document asked about once', async () => {
    const { subject, seen } = scoring();
    const measurement = await measureRetrieval(subject, SET, OPTIONS);
    expect(measurement).toMatchObject({
      method: 'query_likelihood',
      documentCount: 3,
      queries: [
        { id: 'q1', f1: 1, relevant: ['tea'], ranked: ['tea', 'bike', 'lamp'] },
        { id: 'q2', f1: 0.5, relevant: ['bike', 'lamp'], ranked: ['bike', 'tea', 'lamp'] },
      ],
    });
    expect(seen).toEqual(
      SET.documents.map(({ text }) => ({
        prefix: `Document: ${text}\nQuestion:`,
        continuations: [' how hot for tea', ' after rain'],
      })),
    );
  });

  it('takes the mean per token, not the sum', async () => {
    const subject = fakeSubject({
      scoreEach: async (prefix, continuations) =>
        continuations.map(() =>
          prefix.includes('tea')
            ? { logProbability: -10, tokenCount: 10 }
            : { logProbability: -4, tokenCount: 2 },
        ),
    });
    const measurement = await measureRetrieval(subject, SET, OPTIONS);
    expect(measurement?.queries[0]?.ranked[0]).toBe('tea');
  });

  it('compares vectors where there are no probabilities', async () => {
    const asked: number[] = [];
    const vectors: Readonly<Record<string, readonly number[]>> = {
      'how hot for tea': [1, 0],
      'after rain': [0, 2],
      'Green tea wants water of eighty degrees.': [5, 1],
      'Oil the chain of a bike after rain.': [0.1, 0.9],
      'The lamp needs a new bulb.': [-1, -1],
    };
    const subject = fakeSubject({
      embed: async (texts) => {
        asked.push(texts.length);
        return texts.map((text) => vectors[text] ?? []);
      },
    });
    const measurement = await measureRetrieval(subject, SET, OPTIONS);
    expect(measurement).toMatchObject({
      method: 'embeddings',
      queries: [
        { f1: 1, ranked: ['tea', 'bike', 'lamp'] },
        { f1: 0.5, ranked: ['bike', 'tea', 'lamp'] },
      ],
    });
    expect(asked).toEqual([5]);
  });

  it('says nothing of a part of the documents', async () => {
    const controller = new AbortController();
    const { subject, seen } = scoring();
    const measurement = await measureRetrieval(subject, SET, {
      ...OPTIONS,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    expect(measurement).toBeNull();
    expect(seen).toHaveLength(1);
  });

  it('has the words alone beside it', async () => {
    const { subject } = scoring();
    // q1 finds the tea; of q2 only the bike shares a word: one of two.
    expect((await measureRetrieval(subject, SET, OPTIONS))?.keywordF1).toBe(0.75);
  });

  it('refuses a subject that can tell nothing', async () => {
    await expect(measureRetrieval(fakeSubject(), SET, OPTIONS)).rejects.toThrow(TypeError);
  });
});

describe('keywordIndex', () => {
  it('computes BM25 as it is written down', () => {
    const documents = [
      { id: 'a', text: 'red red apple' },
      { id: 'b', text: 'red pear and a plum' },
      { id: 'c', text: 'green' },
    ];
    // By hand, with 3 words on average: "red" ln(1 + 1.5/2.5) = 0.470; a: 2·2.2/(2 + 1.2) = 1.375 → 0.646,
    // b: 2.2/(1 + 1.2·(0.25 + 0.75·5/3)) = 0.786 → 0.369.
    expect(keywordIndex(documents).rank('RED')).toEqual(['a', 'b']);
    // "plum" is rarer: ln(1 + 2.5/1.5) = 0.981 · 0.786 = 0.771, with red 1.140.
    expect(keywordIndex(documents).rank('red plum')).toEqual(['b', 'a']);
    // A word weighs less in a long text: c is longer than d, and stands before it.
    const lengths = [
      { id: 'c', text: 'one word among so many others' },
      { id: 'd', text: 'one word' },
    ];
    expect(keywordIndex(lengths).rank('word')).toEqual(['d', 'c']);
    expect(keywordIndex(documents).rank('blue')).toEqual([]);
    expect(keywordIndex([]).rank('blue')).toEqual([]);
  });
});

describe('f1Of', () => {
  it('is the share of the relevant ones among as many', () => {
    expect(f1Of({ relevant: ['a', 'b'] }, ['b', 'x', 'a'])).toBe(0.5);
    expect(f1Of({ relevant: ['a'] }, [])).toBe(0);
    expect(f1Of({ relevant: ['a', 'b'] }, ['b', 'a'])).toBe(1);
  });
});

describe('cosine', () => {
  it('is the angle, not the length', () => {
    expect(cosine([1, 2], [2, 4])).toBeCloseTo(1, 12);
    expect(cosine([1, 0], [0, 3])).toBe(0);
    expect(cosine([1, 1], [-2, -2])).toBeCloseTo(-1, 12);
    expect(cosine([0, 0], [1, 1])).toBe(0);
  });
});
