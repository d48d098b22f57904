/** Answers one completion or chat: waits for the turn, asks the engine, and passes on what it says. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatDuration } from '../core/index.ts';
import type { Answer } from '../engine/index.ts';
import {
  firstChunk,
  lastChunk,
  textChunk,
  usageChunk,
  wholeAnswer,
  type AnswerHead,
} from './answer-shapes.ts';
import { ApiError, shuttingDown, toApiError } from './api-error.ts';
import { ENGINE_GRACE_MS } from './limits.ts';
import { parseRequest, type ApiKind } from './parse-request.ts';
import { readBody } from './read-body.ts';
import type { Turns } from './turns.ts';
import type { ServerState } from './types.ts';
import { eventStream, sendJson } from './write-response.ts';

export interface AnswerContext {
  readonly state: Extract<ServerState, { kind: 'ready' }>;
  readonly turns: Turns;
  readonly requestTimeoutMs: number;
  /** Seconds since 1970. */
  readonly nowSeconds: number;
  /** The client has gone. */
  readonly gone: AbortSignal;
  /** The server ends now, whatever is being answered. */
  readonly cut: AbortSignal;
}

/** Throws `ApiError`, and what the engine throws, as long as nothing of the answer has been sent. */
export async function answerRequest(
  kind: ApiKind,
  { request, response }: { readonly request: IncomingMessage; readonly response: ServerResponse },
  context: AnswerContext,
): Promise<Answer> {
  const { state, turns, nowSeconds, gone } = context;
  const modelId = state.name.id;
  const asked = parseRequest(await readBody(request), { kind, modelId });
  const head: AnswerHead = {
    kind,
    id: `${kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${randomUUID()}`,
    created: nowSeconds,
    modelId,
  };
  const release = await turns.take(gone);
  try {
    if (!asked.stream) {
      let text = '';
      const answer = await ask(asked.answer, (part) => (text += part), context);
      sendJson(response, 200, wholeAnswer(head, text, answer));
      return answer;
    }
    const events = eventStream(response);
    const begin = (): void => {
      const first = events.hasBegun ? null : firstChunk(head);
      if (first !== null) events.send(first);
    };
    const onText = (part: string): void => {
      begin();
      events.send(textChunk(head, part));
    };
    try {
      const answer = await ask(asked.answer, onText, context);
      begin();
      events.send(lastChunk(head, answer));
      if (asked.includeUsage) events.send(usageChunk(head, answer));
      events.done();
      return answer;
    } catch (error) {
      if (!events.hasBegun || gone.aborted) throw error;
      const told = toApiError(error);
      events.fail(told);
      throw told;
    }
  } finally {
    release();
  }
}

/** Throws `ApiError` where the answer was cut off. */
async function ask(
  request: Parameters<ServingAnswer>[0],
  onText: (text: string) => void,
  { state, requestTimeoutMs, gone, cut }: AnswerContext,
): Promise<Answer> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  const timer = setTimeout(end, requestTimeoutMs);
  // By hand: signals made of others that live as long as the server would pile up.
  for (const signal of [gone, cut]) signal.addEventListener('abort', end, { once: true });
  if (gone.aborted || cut.aborted) end();
  try {
    const wallMs = requestTimeoutMs + ENGINE_GRACE_MS;
    const answer = await state.model.answer(request, { onText, signal: stop.signal, wallMs });
    if (answer.endedBy !== 'cancelled') return answer;
  } finally {
    clearTimeout(timer);
    for (const signal of [gone, cut]) signal.removeEventListener('abort', end);
  }
  gone.throwIfAborted();
  if (cut.aborted) throw shuttingDown();
  const message = `The answer was not complete after ${formatDuration(requestTimeoutMs)}.`;
  throw new ApiError(504, 'answer_timed_out', message);
}

type ServingAnswer = AnswerContext['state']['model']['answer'];
