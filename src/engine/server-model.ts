/** A model that a llama-server holds: our questions in its words, its answers in ours. */
import { EngineFailure } from './error.ts';
import { isCircling } from './greedy.ts';
import { CHECKED_PROBABILITIES } from './limits.ts';
import { assertText, assertTokenCount } from './request-limits.ts';
import { toCompletionJson, type Complete } from './server-completion.ts';
import { readLogits, UNSEEN } from './server-logits.ts';
import { answerOfAnother, type Answered, type ServerProcess } from './server-process.ts';
import { completionReply, tokenizeReply, type CompletionReply } from './server-protocol.ts';
import { scoreOnServer } from './server-score.ts';
import type { Generation, GenerateRequest, LoadedModel, LoadedModelFacts, LogitsReport } from './types.ts';

export function serverModel(process: ServerProcess, facts: LoadedModelFacts, path: string): LoadedModel {
  const complete: Complete = async (request) => {
    const answered = await process.ask('/completion', completionReply, toCompletionJson(request));
    const { model, tokens } = answered.value;
    if (model !== process.alias) throw answerOfAnother(path, process.alias, model);
    if (tokens.length <= request.tokens) return answered;
    throw malformed(path, `at most ${request.tokens} tokens`, `${tokens.length} tokens`);
  };
  const tokenize = async (text: string): Promise<readonly number[]> => {
    const body = { content: text, add_special: true, parse_special: true };
    return (await process.ask('/tokenize', tokenizeReply, body)).value.tokens;
  };
  return {
    facts,
    async generate(request) {
      assertTokenCount(path, request.tokens);
      assertText(path, request.prompt);
      const { prompt, tokens, banEndOfGeneration } = request;
      const timed = await complete({ prompt, tokens, banEndOfGeneration });
      return toGeneration(timed, request, await checkLogits(complete, request, { facts, path }));
    },
    async score(prefix, continuation) {
      assertText(path, prefix + continuation);
      return scoreOnServer({ prefix, continuation }, { complete, tokenize, facts, path });
    },
    async tokenize(text) {
      assertText(path, text);
      return tokenize(text);
    },
    close: async () => process.close(),
  };
}

/** The same question once more, after the clock has stopped: telling probabilities means sorting a vocabulary each step. */
async function checkLogits(
  complete: Complete,
  { prompt, tokens, banEndOfGeneration, checkLogits: isWanted }: GenerateRequest,
  { facts, path }: { readonly facts: LoadedModelFacts; readonly path: string },
): Promise<LogitsReport> {
  if (!isWanted) return { allFinite: true, allEqual: false, stepsChecked: 0, unchecked: UNSEEN };
  const { value } = await complete({
    prompt,
    tokens,
    banEndOfGeneration,
    probabilities: CHECKED_PROBABILITIES,
  });
  const steps = value.completion_probabilities ?? [];
  if (steps.length < value.tokens.length || steps.some(({ top_logprobs }) => top_logprobs.length === 0)) {
    throw malformed(
      path,
      `probabilities for ${value.tokens.length} tokens`,
      `probabilities for ${steps.length}`,
    );
  }
  return readLogits(steps, facts.vocabularySize);
}

function toGeneration(
  { value, durationMs }: Answered<CompletionReply>,
  request: GenerateRequest,
  logits: LogitsReport,
): Generation {
  const { tokens, timings } = value;
  return {
    text: value.content,
    tokens,
    tokenCount: tokens.length,
    promptTokenCount: value.tokens_evaluated,
    endedBy: logits.allFinite ? whyEnded(value, request) : 'logits-not-finite',
    timeToFirstTokenMs: timings.prompt_ms,
    totalMs: durationMs,
    tokensPerSecond: toRate(tokens.length, { ...timings, durationMs }),
    logits,
    repeated: isCircling(tokens),
  };
}

function whyEnded({ truncated, stop_type, tokens }: CompletionReply, { tokens: limit }: GenerateRequest) {
  if (stop_type === 'eos' || stop_type === 'word') return 'end-of-generation';
  return truncated || tokens.length < limit ? 'context-full' : 'token-limit';
}

/**
 * Of the tokens after the first, which the server samples at the end of the prompt; its own rate counts that one too. A
 * clock that claims more time than passed here, or none, is not believed.
 */
function toRate(
  count: number,
  {
    prompt_ms,
    predicted_ms,
    durationMs,
  }: { readonly prompt_ms: number; readonly predicted_ms: number; readonly durationMs: number },
): number {
  const [steps, claimedMs] = count > 1 ? [count - 1, predicted_ms] : [count, prompt_ms + predicted_ms];
  const isBelievable = claimedMs > 0 && prompt_ms + predicted_ms <= durationMs + CLOCK_SLACK_MS;
  const ms = isBelievable ? claimedMs : durationMs;
  return ms > 0 ? (steps * 1000) / ms : 0;
}

function malformed(path: string, expected: string, received: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_ANSWER_INVALID',
    `The server answered /completion with ${received}, and was asked for ${expected}.`,
    { details: { path, expected, received } },
  );
}

/** Our duration is in whole milliseconds, and two clocks never agree to the last one. */
const CLOCK_SLACK_MS = 50;
