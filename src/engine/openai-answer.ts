/** The answer that the events of one stream make, with the time of each. Pure. */
import type { ServerSentEvent } from './event-stream.ts';
import { parseEvent } from './openai-connection.ts';
import type { ReplyFailures } from './openai-failures.ts';
import { serverTimings, streamChunk, type StreamChunk, type Usage } from './openai-protocol.ts';

export interface ServedAnswer {
  readonly text: string;
  /** Null where the server does not tell. */
  readonly promptTokenCount: number | null;
  readonly tokenCount: number;
  /** `chunks`: the server did not tell, and the pieces with text were counted; most servers send one for each token. */
  readonly countedBy: 'usage' | 'chunks';
  /** Of the prompt, those that the server says it did not have to read again; null where it does not tell. */
  readonly cachedPromptTokens: number | null;
  /** OpenAI's API has one word for an answer that the model ended and one that a stop text did: the first stands for both. */
  readonly endedBy: 'token-limit' | 'context-full' | 'end-of-generation' | 'stop-text';
  /** From the question to the first piece with text in it; to the end where there is none. */
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
  /** Null where the server does not state its own, or states what cannot be. */
  readonly timings: ServedTimings | null;
  /** The server stated times that are longer than the answer took. */
  readonly hasUnbelievableTimings: boolean;
}

export interface ServedTimings {
  readonly promptMs: number;
  readonly promptTokens: number;
  /** Of the tokens after the first, which comes out of reading the prompt. */
  readonly evalMs: number;
  readonly evalTokens: number;
}

export interface AnswerReader {
  /**
   * True once the answer is complete. Throws `ENGINE_SERVER_REFUSED`, `ENGINE_REPLY_INVALID`, `ENGINE_OTHER_MODEL`.
   */
  read(event: ServerSentEvent, sinceMs: number): boolean;
  /** Once the stream has ended. Throws `ENGINE_REPLY_INVALID` where that was before the answer's own end. */
  finish(): ServedAnswer;
}

export interface ExpectedAnswer {
  readonly model: string;
  readonly maxTokens: number;
  readonly failures: ReplyFailures;
}

export function answerReader({ model, maxTokens, failures }: ExpectedAnswer): AnswerReader {
  const texts: string[] = [];
  let pieces = 0;
  let firstMs: number | null = null;
  let lastMs = 0;
  let end: End | null = null;
  let usage: Usage | null = null;
  let timings: unknown = null;

  const readChunk = (chunk: StreamChunk, sinceMs: number): void => {
    if (typeof chunk.model === 'string' && chunk.model !== model)
      throw failures.otherModel(model, chunk.model);
    const [choice] = chunk.choices;
    const said = choice?.text ?? choice?.delta?.content ?? '';
    const thought = choice?.delta?.reasoning_content ?? choice?.delta?.reasoning ?? '';
    if (said !== '' || thought !== '') {
      if (end !== null) throw failures.invalid('nothing after the end of the answer', 'more text');
      pieces += 1;
      firstMs ??= sinceMs;
      texts.push(said);
    }
    usage = chunk.usage ?? usage;
    timings = chunk.timings ?? timings;
    const reason = choice?.finish_reason ?? '';
    if (choice === undefined || reason === '') return;
    if (!isReason(reason)) throw failures.invalid('an answer that ends with stop or length', reason);
    end = { reason, atMs: sinceMs, hasStopText: typeof choice.stop_reason === 'string' };
  };

  return {
    read(event, sinceMs) {
      lastMs = sinceMs;
      if (event.data.trim() === '[DONE]') return true;
      const document = parseEvent(event, failures);
      failures.assertNoError(document);
      readChunk(failures.check(streamChunk, document), sinceMs);
      return false;
    },
    finish() {
      if (end === null)
        throw failures.invalid('a stream that says why its answer ended', 'one that ended without a reason');
      const known = readUsage(usage, pieces);
      const tokenCount = known?.tokenCount ?? pieces;
      if (tokenCount > maxTokens)
        throw failures.invalid(`at most ${maxTokens} tokens, as asked`, `${tokenCount} tokens`);
      const believed = toTimings(timings, lastMs);
      return {
        text: texts.join(''),
        promptTokenCount: usage?.prompt_tokens ?? null,
        tokenCount,
        countedBy: known === null ? 'chunks' : 'usage',
        cachedPromptTokens: usage?.prompt_tokens_details?.cached_tokens ?? null,
        endedBy: whyEnded(end, tokenCount >= maxTokens),
        timeToFirstTokenMs: firstMs ?? end.atMs,
        // Not the last event: what comes after the answer is about it.
        totalMs: end.atMs,
        timings: believed,
        hasUnbelievableTimings: believed === null && timings !== null,
      };
    },
  };
}

interface End {
  readonly reason: 'stop' | 'length';
  readonly atMs: number;
  readonly hasStopText: boolean;
}

function isReason(reason: string): reason is End['reason'] {
  return reason === 'stop' || reason === 'length';
}

function whyEnded({ reason, hasStopText }: End, isAtLimit: boolean): ServedAnswer['endedBy'] {
  if (reason === 'length') return isAtLimit ? 'token-limit' : 'context-full';
  return hasStopText ? 'stop-text' : 'end-of-generation';
}

/** A count of no tokens for an answer with text in it is a field that was never filled in. */
function readUsage(usage: Usage | null, pieces: number): { readonly tokenCount: number } | null {
  const count = usage?.completion_tokens ?? null;
  return count === null || (count === 0 && pieces > 0) ? null : { tokenCount: count };
}

/** A clock that claims more time than passed here is not believed. */
function toTimings(value: unknown, totalMs: number): ServedTimings | null {
  const { data } = serverTimings.safeParse(value);
  if (data === undefined || data.prompt_ms + data.predicted_ms > totalMs + CLOCK_SLACK_MS) return null;
  return {
    promptMs: data.prompt_ms,
    promptTokens: data.prompt_n,
    evalMs: data.predicted_ms,
    evalTokens: Math.max(0, data.predicted_n - 1),
  };
}

/** Two clocks never agree to the last millisecond, and the question is read by the server before ours has started. */
const CLOCK_SLACK_MS = 50;
