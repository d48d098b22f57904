/** Answers one prompt: tokens in, text out as it is made, until the model, a limit, a stop text or the asker ends it. */
import { RequestProblem, type Evaluator } from './evaluator.ts';
import { BATCH_TOKENS } from './limits.ts';
import type { Answer, AnswerConstraint, AnswerRequest, ChatMessage, Sampling } from './serving.ts';
import { stopFilter } from './stop-texts.ts';
import { tokenText } from './token-text.ts';

/** What answering needs of a model in memory, beyond what a load test does. */
export interface Speaker extends Evaluator {
  /** Throws `ChatProblem` where the model has no template that works, `RequestProblem` where it refuses these messages. */
  renderChat(messages: readonly ChatMessage[]): ChatPrompt;
  /** Appends tokens to the context. */
  read(tokens: readonly number[]): Promise<void>;
  /**
   * Appends tokens to the context, then one sampled token after the other; ends where the model ends. Throws
   * `GrammarProblem`.
   */
  sample(
    tokens: readonly number[],
    sampling: Sampling,
    constraint: AnswerConstraint | undefined,
  ): AsyncIterable<number>;
}

export interface ChatPrompt {
  readonly tokens: readonly number[];
  /** Tokens with which the template ends what the assistant says, beside those that the model ends with itself. */
  readonly endTokens: ReadonlySet<number>;
}

/** The model cannot be talked to in messages. */
export class ChatProblem extends Error {
  override readonly name = 'ChatProblem';
}

/** A grammar that cannot be read. */
export class GrammarProblem extends Error {
  override readonly name = 'GrammarProblem';
}

export interface AnswerTools {
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
}

/** Throws `RequestProblem`, `ChatProblem`, `GrammarProblem`. */
export async function answerPrompt(
  speaker: Speaker,
  { prompt, maxTokens, sampling, stop, constraint }: AnswerRequest,
  { onText, signal, now }: AnswerTools,
): Promise<Answer> {
  const { tokens: promptTokens, endTokens } =
    prompt.kind === 'chat'
      ? speaker.renderChat(prompt.messages)
      : { tokens: speaker.tokenize(prompt.text), endTokens: new Set<number>() };
  const room = speaker.contextTokens - promptTokens.length;
  if (promptTokens.length === 0) throw new RequestProblem('the prompt holds no token');
  if (room < 1) {
    throw new RequestProblem(
      `the prompt has ${promptTokens.length} tokens and the context has room for ${speaker.contextTokens - 1}`,
    );
  }
  const limit = Math.min(maxTokens ?? room, room);
  const startMs = now();
  let tokenCount = 0;
  let timeToFirstTokenMs = 0;
  const end = (endedBy: Answer['endedBy']): Answer => ({
    promptTokenCount: promptTokens.length,
    tokenCount,
    endedBy,
    timeToFirstTokenMs,
    totalMs: now() - startMs,
  });

  await speaker.clear();
  const last = await readAllButLast(speaker, promptTokens, signal);
  if (last === null) return end('cancelled');
  const text = tokenText((tokens) => speaker.detokenize(tokens), { before: promptTokens });
  const filter = stopFilter(stop);
  const say = (said: string): void => {
    if (said !== '') onText(said);
  };
  const finish = (endedBy: Answer['endedBy']): Answer => {
    const { text: rest, stopped } = filter.push(text.end());
    say(rest);
    if (stopped) return end('stop-text');
    say(filter.end());
    return end(endedBy);
  };
  for await (const token of speaker.sample(last, sampling, constraint)) {
    if (signal.aborted) return end('cancelled');
    if (endTokens.has(token)) break;
    tokenCount += 1;
    if (tokenCount === 1) timeToFirstTokenMs = now() - startMs;
    const { text: said, stopped } = filter.push(text.push(token));
    say(said);
    if (stopped) return end('stop-text');
    if (tokenCount >= limit) return finish(limit === maxTokens ? 'token-limit' : 'context-full');
  }
  return finish('end-of-generation');
}

/** In pieces, so that whoever has gone away is noticed before a long prompt has been read; null where that was so. */
async function readAllButLast(
  speaker: Speaker,
  tokens: readonly number[],
  signal: AbortSignal,
): Promise<readonly number[] | null> {
  let at = 0;
  for (; tokens.length - at > BATCH_TOKENS; at += BATCH_TOKENS) {
    if (signal.aborted) return null;
    await speaker.read(tokens.slice(at, at + BATCH_TOKENS));
  }
  return signal.aborted ? null : tokens.slice(at);
}
