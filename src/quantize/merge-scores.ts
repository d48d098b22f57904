/**
 * Scores that make SentencePiece merge in the order of a list of merges: the one merges the neighbours that make the token of
 * the highest score, the other the first pair of its list. Both do the same where all pairs that make one token stand together,
 * and where no pair is missing that would make a token. Pure. Source: google/sentencepiece, bpe_model.cc; huggingface/tokenizers, models/bpe.
 */
import type { JsonObject } from '../core/index.ts';
import { unsupported } from './hyperparameters.ts';
import { MAX_PIECE_CHARACTERS } from './limits.ts';
import { readMerges } from './merges.ts';

/** By the text of the token that a merge makes. `tokens`: all that may come of merging. Throws `CONVERT_UNSUPPORTED`, `CONVERT_CONFIG_INVALID`. */
export function scoresOfMerges(model: JsonObject, tokens: readonly string[]): ReadonlyMap<string, number> {
  const scores = new Map<string, number>();
  const pairs = new Set<string>();
  let last = '';
  for (const [left, right] of readMerges(model)) {
    const made = left + right;
    if (made !== last && scores.has(made)) {
      throw noOrder('all merges that make a token one after the other', `others between those of ${made}`);
    }
    last = made;
    if (!scores.has(made)) scores.set(made, -scores.size);
    pairs.add(`${left} ${right}`);
  }
  assertComplete(tokens, pairs);
  return scores;
}

function assertComplete(texts: readonly string[], pairs: ReadonlySet<string>): void {
  const tokens = new Set(texts);
  for (const token of texts) {
    if (token.length > MAX_PIECE_CHARACTERS) {
      throw noOrder(`tokens of at most ${MAX_PIECE_CHARACTERS} characters`, `${token.length} in one`);
    }
    for (let at = 1; at < token.length; at += 1) {
      const [left, right] = [token.slice(0, at), token.slice(at)];
      if (tokens.has(left) && tokens.has(right) && !pairs.has(`${left} ${right}`)) {
        throw noOrder('a merge of every two tokens that make a third', `none of ${left} and ${right}`);
      }
    }
  }
}

function noOrder(expected: string, received: string): ReturnType<typeof unsupported> {
  return unsupported('the merges of its tokenizer are in an order that no scores can tell', {
    expected,
    received: received.slice(0, 200),
  });
}
