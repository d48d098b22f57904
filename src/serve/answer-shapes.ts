/** An answer in the words of OpenAI's API reference: whole, or as the chunks of a stream. Pure. */
import type { JsonObject } from '../core/index.ts';
import type { Answer } from '../engine/index.ts';
import type { ApiKind } from './parse-request.ts';

/** What all documents about one answer have in common. */
export interface AnswerHead {
  readonly kind: ApiKind;
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly modelId: string;
}

export function wholeAnswer(head: AnswerHead, text: string, answer: Answer): JsonObject {
  const finish_reason = finishReason(answer);
  const choice =
    head.kind === 'chat'
      ? { index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason }
      : { index: 0, text, logprobs: null, finish_reason };
  const object = head.kind === 'chat' ? 'chat.completion' : 'text_completion';
  return { ...common(head, object), choices: [choice], usage: usageOf(answer) };
}

/** The first chunk of a chat says who speaks; a completion has no such chunk. */
export function firstChunk(head: AnswerHead): JsonObject | null {
  return head.kind === 'chat' ? chunk(head, { role: 'assistant', content: '' }) : null;
}

export function textChunk(head: AnswerHead, text: string): JsonObject {
  return head.kind === 'chat' ? chunk(head, { content: text }) : chunk(head, { text });
}

export function lastChunk(head: AnswerHead, answer: Answer): JsonObject {
  return chunk(head, head.kind === 'chat' ? {} : { text: '' }, finishReason(answer));
}

export function usageChunk(head: AnswerHead, answer: Answer): JsonObject {
  return { ...chunk(head, {}), choices: [], usage: usageOf(answer) };
}

export function usageOf({ promptTokenCount, tokenCount }: Answer): JsonObject {
  return {
    prompt_tokens: promptTokenCount,
    completion_tokens: tokenCount,
    total_tokens: promptTokenCount + tokenCount,
  };
}

function chunk(head: AnswerHead, part: JsonObject, finish_reason: string | null = null): JsonObject {
  const choice =
    head.kind === 'chat'
      ? { index: 0, delta: part, logprobs: null, finish_reason }
      : { index: 0, ...part, logprobs: null, finish_reason };
  const object = head.kind === 'chat' ? 'chat.completion.chunk' : 'text_completion';
  return { ...common(head, object), choices: [choice] };
}

function common({ id, created, modelId }: AnswerHead, object: string): JsonObject {
  return { id, object, created, model: modelId };
}

function finishReason({ endedBy }: Answer): string {
  return endedBy === 'end-of-generation' || endedBy === 'stop-text' ? 'stop' : 'length';
}
