/**
 * Ranks documents with the model itself: by the mean log-probability per token of the query given the document (query
 * likelihood: Ponte and Croft 1998; with language models: Sachan et al. 2022), or, where a server tells no probabilities,
 * by the cosine of embeddings.
 */
import { fillPrompt } from './default-prompts.ts';
import { keywordIndex, rankByScore } from './keyword-ranking.ts';
import { EMBEDDED_AT_ONCE, KEPT_RANKS } from './limits.ts';
import { mean } from './statistics/summary.ts';
import type { BenchSubject } from './subject.ts';
import type { RetrievalQuery, RetrievalSet, SuitePrompts } from './suite.ts';

export interface RetrievalMeasurement {
  readonly method: 'query_likelihood' | 'embeddings';
  readonly queries: readonly QueryResult[];
  readonly documentCount: number;
  /** The mean F1 of the words alone, 0–1. */
  readonly keywordF1: number;
}

export interface QueryResult {
  readonly id: string;
  readonly f1: number;
  readonly relevant: readonly string[];
  /** The first of the ranking, best first. */
  readonly ranked: readonly string[];
}

export interface MeasureRetrievalOptions {
  readonly prompts: Pick<SuitePrompts, 'document'>;
  readonly signal?: AbortSignal | undefined;
  /** After each document (query likelihood), or each batch of texts (embeddings). */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Null where the signal came before the last document: a ranking of some documents says nothing about all. Throws what the
 * engine throws, and a `TypeError` for a subject with neither probabilities nor embeddings.
 */
export async function measureRetrieval(
  subject: BenchSubject,
  { documents, queries }: RetrievalSet,
  options: MeasureRetrievalOptions,
): Promise<RetrievalMeasurement | null> {
  const set = { documents, queries };
  const method = subject.scoreEach === null ? 'embeddings' : 'query_likelihood';
  const scores =
    method === 'embeddings'
      ? await compareVectors(subject, set, options)
      : await scoreQueries(subject, set, options);
  if (scores === null) return null;
  const keywords = keywordIndex(documents);
  return {
    method,
    documentCount: documents.length,
    queries: queries.map((query, column) => {
      const ranked = rankByScore(
        documents.map(({ id }, row) => ({ id, score: scores[row]?.[column] ?? Number.NEGATIVE_INFINITY })),
      );
      const { id, relevant } = query;
      return { id, relevant, f1: f1Of(query, ranked), ranked: ranked.slice(0, KEPT_RANKS) };
    }),
    keywordF1: mean(queries.map((query) => f1Of(query, keywords.rank(query.query)))),
  };
}

/**
 * F1 at as many documents as are relevant. Precision and recall are the same there, and so is F1: the share of the relevant
 * documents among the first so many.
 */
export function f1Of({ relevant }: Pick<RetrievalQuery, 'relevant'>, ranked: readonly string[]): number {
  const found = ranked.slice(0, relevant.length).filter((id) => relevant.includes(id)).length;
  return found / relevant.length;
}

/** A row for each document, a column for each query. */
type Scores = readonly (readonly number[])[];

async function scoreQueries(
  { scoreEach }: BenchSubject,
  { documents, queries }: RetrievalSet,
  { prompts, signal, onProgress }: MeasureRetrievalOptions,
): Promise<Scores | null> {
  if (scoreEach === null) throw new TypeError('This subject tells no probabilities.');
  // The space belongs to the query: most vocabularies have it in the first token of a word.
  const texts = queries.map(({ query }) => ` ${query}`);
  const rows: number[][] = [];
  for (const { text } of documents) {
    if (signal?.aborted === true) return null;
    const scored = await scoreEach(fillPrompt(prompts.document, { document: text }), texts);
    rows.push(scored.map(({ logProbability, tokenCount }) => logProbability / tokenCount));
    onProgress?.(rows.length, documents.length);
  }
  return rows;
}

async function compareVectors(
  { embed }: BenchSubject,
  { documents, queries }: RetrievalSet,
  { signal, onProgress }: MeasureRetrievalOptions,
): Promise<Scores | null> {
  if (embed === null) throw new TypeError('This subject has neither probabilities nor embeddings.');
  const texts = [...documents.map(({ text }) => text), ...queries.map(({ query }) => query)];
  const vectors: (readonly number[])[] = [];
  while (vectors.length < texts.length) {
    if (signal?.aborted === true) return null;
    vectors.push(...(await embed(texts.slice(vectors.length, vectors.length + EMBEDDED_AT_ONCE))));
    onProgress?.(vectors.length, texts.length);
  }
  const asked = vectors.slice(documents.length);
  return vectors.slice(0, documents.length).map((vector) => asked.map((query) => cosine(vector, query)));
}

/** 0 where one of them has no direction. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  const length = Math.sqrt(dot(a, a) * dot(b, b));
  return length > 0 ? dot(a, b) / length : 0;
}
