/** Greedy decoding that looks at the raw logits of every step: the same model and prompt give the same tokens. */
import { only, RequestProblem, type Evaluator, type Look } from './evaluator.ts';
import type { GenerateRequest, Generation } from './types.ts';

/** `now` is a monotonic clock in milliseconds. Throws `RequestProblem`. */
export async function generateGreedily(
  evaluator: Evaluator,
  { prompt, tokens: limit, banEndOfGeneration, checkLogits }: GenerateRequest,
  now: () => number,
): Promise<Generation> {
  const promptTokens = evaluator.tokenize(prompt);
  const lastPromptToken = promptTokens.at(-1);
  if (lastPromptToken === undefined) throw new RequestProblem('the prompt holds no token');
  // The last place of a context is never filled: the token that would go there has nowhere to be followed.
  const room = evaluator.contextTokens - 1;
  if (promptTokens.length > room) {
    throw new RequestProblem(
      `the prompt has ${promptTokens.length} tokens and the context has room for ${room}`,
    );
  }
  await evaluator.clear();

  const startMs = now();
  const tokens: number[] = [];
  const logits = { allFinite: true, allEqual: false, stepsChecked: 0 };
  let endedBy: Generation['endedBy'] = 'token-limit';
  let timeToFirstTokenMs = 0;
  let lastToken = lastPromptToken;
  let pending: readonly number[] = promptTokens;
  while (tokens.length < limit) {
    if (promptTokens.length + tokens.length > room) {
      endedBy = 'context-full';
      break;
    }
    lastToken = pending.at(-1) ?? lastToken;
    const look = only(
      await evaluator.evaluate(pending, new Map([[pending.length - 1, { kind: 'top', also: [] }]])),
    );
    logits.stepsChecked += 1;
    logits.allEqual ||= look.totalWeight === evaluator.vocabularySize;
    const next = isFiniteLook(look)
      ? await chooseToken(evaluator, look, { lastToken, banEndOfGeneration })
      : null;
    if (next === null) {
      logits.allFinite = false;
      endedBy = 'logits-not-finite';
      break;
    }
    if (!banEndOfGeneration && evaluator.isEndOfGeneration(next)) {
      endedBy = 'end-of-generation';
      break;
    }
    tokens.push(next);
    if (tokens.length === 1) timeToFirstTokenMs = now() - startMs;
    pending = [next];
  }
  const totalMs = now() - startMs;

  // After the clock has stopped: reading a large vocabulary takes longer than the step did.
  if (checkLogits && logits.allFinite && logits.stepsChecked > 0) {
    const whole = await evaluator.again(lastToken, { kind: 'whole' });
    logits.allFinite = [...whole.logits.values()].every(Number.isFinite);
  }
  return {
    text: evaluator.detokenize(tokens),
    tokens,
    tokenCount: tokens.length,
    promptTokenCount: promptTokens.length,
    endedBy,
    timeToFirstTokenMs,
    totalMs,
    tokensPerSecond: toRate(tokens.length, timeToFirstTokenMs, totalMs),
    logits,
    repeated: isCircling(tokens),
  };
}

/** True when the second half of the tokens is one short piece, at least twice over. Under eight tokens say nothing. */
export function isCircling(tokens: readonly number[]): boolean {
  if (tokens.length < 8) return false;
  const half = tokens.slice(Math.floor(tokens.length / 2));
  for (let period = 1; period <= half.length / 2; period += 1) {
    if (half.every((token, index) => index < period || token === half[index - period])) return true;
  }
  return false;
}

/** Null where there is none: every logit is −Infinity, or the engine broke its word. */
async function chooseToken(
  evaluator: Evaluator,
  { top }: Look,
  { lastToken, banEndOfGeneration }: { readonly lastToken: number; readonly banEndOfGeneration: boolean },
): Promise<number | null> {
  if (top === null || !Number.isInteger(top) || top < 0 || top >= evaluator.vocabularySize) return null;
  if (!banEndOfGeneration || !evaluator.isEndOfGeneration(top)) return top;
  // Models have up to a handful of tokens that end a generation; all of them may be on top.
  for (const question of [{ kind: 'best', count: 16 } as const, { kind: 'whole' } as const]) {
    const { logits } = await evaluator.again(lastToken, question);
    for (const [token] of logits) if (!evaluator.isEndOfGeneration(token)) return token;
  }
  return null;
}

function isFiniteLook({ topLogit, totalWeight }: Look): boolean {
  return Number.isFinite(topLogit) && Number.isFinite(totalWeight);
}

function toRate(tokenCount: number, timeToFirstTokenMs: number, totalMs: number): number {
  const [count, durationMs] =
    tokenCount > 1 ? [tokenCount - 1, totalMs - timeToFirstTokenMs] : [tokenCount, totalMs];
  return durationMs > 0 ? (count * 1000) / durationMs : 0;
}
