/**
 * What a search for words finds, as the baseline that a model should beat: BM25 (Robertson and Zaragoza 2009, with k1 = 1.2 and
 * b = 0.75) over lower-cased runs of letters and digits, without stemming and without a list of words to leave out.
 */
import type { RetrievalDocument } from './suite.ts';

export interface KeywordIndex {
  /** Ids, best first; documents that share no word with the query are not among them. */
  rank(query: string): readonly string[];
}

const K1 = 1.2;
const B = 0.75;

export function keywordIndex(documents: readonly RetrievalDocument[]): KeywordIndex {
  const counted = documents.map(({ id, text }) => {
    const words = wordsOf(text);
    const counts = new Map<string, number>();
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { id, counts, length: words.length };
  });
  const meanLength = counted.reduce((sum, { length }) => sum + length, 0) / Math.max(1, counted.length);
  const weightOf = (word: string): number => {
    const holding = counted.filter(({ counts }) => counts.has(word)).length;
    // Never negative, even for a word that most documents have.
    return Math.log1p((counted.length - holding + 0.5) / (holding + 0.5));
  };
  return {
    rank(query) {
      const weights = [...new Set(wordsOf(query))].map((word) => ({ word, weight: weightOf(word) }));
      const scores = counted.map(({ id, counts, length }) => {
        const damping = K1 * (1 - B + (B * length) / Math.max(1, meanLength));
        const score = weights.reduce((sum, { word, weight }) => {
          const count = counts.get(word) ?? 0;
          return sum + (weight * count * (K1 + 1)) / (count + damping);
        }, 0);
        return { id, score };
      });
      return rankByScore(scores.filter(({ score }) => score > 0));
    },
  };
}

/** Ids, highest score first; those that are equal stay in their order, so that the answer is the same each time. */
export function rankByScore(
  scores: readonly { readonly id: string; readonly score: number }[],
): readonly string[] {
  return scores.toSorted((a, b) => b.score - a.score).map(({ id }) => id);
}

function wordsOf(text: string): readonly string[] {
  return (
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
