/** The probability of a text after another, from a server that tells probabilities of what comes next, token by token. */
import { EngineFailure } from './error.ts';
import { MAX_PROBABILITY_SUM_ERROR, SCORED_PROBABILITIES } from './limits.ts';
import type { ContinuationRequest } from './continuation.ts';
import type { Complete } from './server-completion.ts';
import type { LoadedModelFacts, Score, TokenScore } from './types.ts';

export interface ScoringServer {
  readonly complete: Complete;
  readonly tokenize: (text: string) => Promise<readonly number[]>;
  readonly facts: Pick<LoadedModelFacts, 'contextTokens' | 'vocabularySize'>;
  /** Which model it is, for messages. */
  readonly path: string;
}

/**
 * Throws `ENGINE_REQUEST_INVALID`, `ENGINE_LOGITS_INVALID`. Costs a request for each token of the continuation; what a
 * token before them made the server compute is used again.
 */
export async function scoreOnServer(request: ContinuationRequest, server: ScoringServer): Promise<Score> {
  const { perToken, probabilitySum } = await scoreTokens(request, server, { wantsSum: true });
  // The whole vocabulary, once: probabilities that do not add up are none.
  if (!(Math.abs(probabilitySum - 1) <= MAX_PROBABILITY_SUM_ERROR)) {
    throw notDistributed(server, `the probabilities of the vocabulary add up to ${probabilitySum}, not to 1`);
  }
  return {
    logProbability: perToken.reduce((sum, { logProbability }) => sum + logProbability, 0),
    tokenCount: perToken.length,
    perToken,
    probabilitySum,
  };
}

/**
 * The same, without judging the sum; it is 0 where nobody wants it, which spares the server telling its whole vocabulary.
 */
export async function scoreTokens(
  { prefix, continuation }: ContinuationRequest,
  server: ScoringServer,
  { wantsSum }: { readonly wantsSum: boolean },
): Promise<Pick<Score, 'perToken' | 'probabilitySum'>> {
  const before = await server.tokenize(prefix);
  const tokens = await server.tokenize(prefix + continuation);
  const start = firstDifference(before, tokens);
  assertScorable(tokens, start, server);
  const perToken: TokenScore[] = [];
  let probabilitySum = 0;
  for (let at = start; at < tokens.length; at += 1) {
    const token = tokens[at] ?? 0;
    const isSummed = wantsSum && at === tokens.length - 1;
    const position = { prompt: tokens.slice(0, at), token, continues: at > start };
    const { logProbability, sum } = await look(position, isSummed, server);
    perToken.push({ token, logProbability });
    if (isSummed) probabilitySum = sum;
  }
  return { perToken, probabilitySum };
}

interface Position {
  readonly prompt: readonly number[];
  /** The one that comes next in the text. */
  readonly token: number;
  readonly continues: boolean;
}

/** A few of the largest first; the whole vocabulary only where the token is not among them, or where its sum is wanted. */
async function look(
  { prompt, token, continues }: Position,
  wantsSum: boolean,
  server: ScoringServer,
): Promise<{ readonly logProbability: number; readonly sum: number }> {
  const whole = server.facts.vocabularySize;
  const counts = wantsSum ? [whole] : [Math.min(SCORED_PROBABILITIES, whole), whole];
  for (const probabilities of counts) {
    // One token is generated only so that the server tells what it might have been.
    const { value } = await server.complete({
      prompt,
      tokens: 1,
      banEndOfGeneration: true,
      probabilities,
      continues,
    });
    const top = value.completion_probabilities?.[0]?.top_logprobs ?? [];
    if (top.length === 0 || top.some(({ logprob }) => logprob === null)) {
      throw notDistributed(server, 'not every probability is a number');
    }
    const logProbability = top.find(({ id }) => id === token)?.logprob ?? null;
    if (logProbability === null) continue;
    if (logProbability < ROUNDED_TO_ZERO) throw tooImprobable(server, token);
    return { logProbability, sum: top.reduce((sum, { logprob }) => sum + Math.exp(logprob ?? 0), 0) };
  }
  throw notDistributed(server, `the server left out the probability of token ${token}`);
}

/** A token that reaches over the border belongs to the continuation, since it holds a part of it. */
function firstDifference(before: readonly number[], tokens: readonly number[]): number {
  let start = 0;
  while (start < before.length && before[start] === tokens[start]) start += 1;
  return start;
}

function assertScorable(tokens: readonly number[], start: number, server: ScoringServer): void {
  const { facts, path } = server;
  const refuse = (reason: string): never => {
    throw new EngineFailure('ENGINE_REQUEST_INVALID', `The text cannot be scored: ${reason}.`, {
      details: { path },
    });
  };
  if (start >= tokens.length) refuse('the continuation adds no token to the prefix');
  if (start === 0) {
    refuse('nothing stands before the continuation; a model without a start token needs a prefix');
  }
  const room = facts.contextTokens - 1;
  if (tokens.length > room) {
    refuse(`prefix and continuation have ${tokens.length} tokens and the context has room for ${room}`);
  }
}

function notDistributed({ path }: ScoringServer, reason: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_LOGITS_INVALID',
    `The answers of the server make no distribution: ${reason}.`,
    {
      details: { path, expected: 'probabilities that add up to 1', received: reason },
    },
  );
}

function tooImprobable({ path }: ScoringServer, token: number): EngineFailure {
  return new EngineFailure(
    'ENGINE_REQUEST_INVALID',
    `The text cannot be scored: the server rounds the probability of its token ${token} to zero.`,
    { details: { path } },
  );
}

/** The server writes the logarithm of a probability that float32 cannot hold as −3.4e38. */
const ROUNDED_TO_ZERO = -1e30;
