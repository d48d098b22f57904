/** The questions of `samples/`: as many as they say, half of the drafts right, and nothing of the held-out set in the suite. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Case {
  readonly id: string;
  readonly category: string;
  readonly question: string;
  readonly draft: string;
  readonly draft_is_right: boolean;
  readonly accepted: readonly string[];
  readonly taught?: boolean;
}

interface Retrieval {
  readonly documents: readonly { readonly id: string; readonly text: string }[];
  readonly queries: readonly {
    readonly id: string;
    readonly query: string;
    readonly relevant: readonly string[];
  }[];
}

const SAMPLES = new URL('../../samples/', import.meta.url);

async function read<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(fileURLToPath(new URL(path, SAMPLES)), 'utf8')) as T;
}

const cases = async (set: string): Promise<readonly Case[]> =>
  (await read<{ readonly cases: readonly Case[] }>(`${set}/cove.json`)).cases;

const retrieval = async (set: string): Promise<Retrieval> => read(`${set}/retrieval.json`);

describe.each([
  ['suite', 36, 48, 40],
  ['held-out', 100, 30, 60],
])('the cases and queries of %s', (set, caseCount, documentCount, queryCount) => {
  it('are as many as its README says, each with a name of its own', async () => {
    const { documents, queries } = await retrieval(set);
    const lists = [await cases(set), documents, queries];
    expect(lists.map((list) => list.length)).toEqual([caseCount, documentCount, queryCount]);
    expect(lists.map((list) => new Set(list.map(({ id }) => id)).size)).toEqual(
      lists.map((list) => list.length),
    );
    const names = new Set(documents.map(({ id }) => id));
    expect(queries.flatMap(({ relevant }) => relevant).filter((id) => !names.has(id))).toEqual([]);
  });

  it('have right drafts in half of the cases, and say which', async () => {
    const found = await cases(set);
    expect(found.filter(({ draft_is_right: isRight }) => isRight)).toHaveLength(caseCount / 2);
    const wrongly = found.filter((item) => item.accepted.includes(item.draft) !== item.draft_is_right);
    expect(wrongly).toEqual([]);
  });
});

describe('the held-out set', () => {
  it('asks nothing that the suite asks', async () => {
    const asked = new Set((await cases('suite')).map(({ question }) => question));
    expect((await cases('held-out')).filter(({ question }) => asked.has(question))).toEqual([]);
    const texts = new Set((await retrieval('suite')).queries.map(({ query }) => query));
    expect((await retrieval('held-out')).queries.filter(({ query }) => texts.has(query))).toEqual([]);
  });

  it('is half of what the model was taught in another form, half of what it never saw', async () => {
    expect((await cases('held-out')).filter(({ taught }) => taught)).toHaveLength(50);
  });
});

describe('words in common', () => {
  it('rank the documents of the suite neither uselessly nor well', async () => {
    const { documents, queries } = await retrieval('suite');
    const wordsOf = (text: string): readonly string[] => [
      ...new Set(text.toLowerCase().match(/[a-z0-9]+/g) ?? []),
    ];
    const scores = queries.map(({ query, relevant }) => {
      const words = wordsOf(query);
      const common = (text: string): number => wordsOf(text).filter((word) => words.includes(word)).length;
      const ranked = documents.toSorted((a, b) => common(b.text) - common(a.text));
      const found = ranked.slice(0, relevant.length).filter(({ id }) => relevant.includes(id));
      return found.length / relevant.length;
    });
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
    expect(mean).toBeGreaterThan(0.3);
    expect(mean).toBeLessThan(0.5);
  });
});
