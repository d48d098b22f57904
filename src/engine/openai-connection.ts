/** Asks one server, one question after the other: JSON documents whole, answers as streams of events. */
import { throwIfAborted, type JsonValue } from '../core/index.ts';
import { exchangeHttp, type HttpExchangeEnd, type HttpHead, type HttpPart } from '../system/index.ts';
import { createEventReader, type ServerSentEvent } from './event-stream.ts';
import {
  MAX_EVENT_LENGTH,
  MAX_EVENT_VALUES,
  MAX_REFUSAL_BYTES,
  MAX_REPLY_VALUES,
  MAX_STREAM_BYTES,
} from './limits.ts';
import type { OpenAiAddress } from './openai-address.ts';
import { replyFailures, type ReplyFailures } from './openai-failures.ts';

export interface OpenAiLimits {
  /** To find and reach the server. */
  readonly connectMs: number;
  /** Without a byte from it, at the beginning of an answer or in the middle. */
  readonly idleMs: number;
  /** For one whole answer. */
  readonly answerMs: number;
}

export interface OpenAiConnection {
  readonly address: OpenAiAddress;
  /** The failures of what answers came. */
  at(url: URL): ReplyFailures;
  /**
   * The whole answer; a GET where there is nothing to send. Throws `ENGINE_SERVER_*`, `ENGINE_REPLY_INVALID`,
   * `CORE_INTERRUPTED`.
   */
  ask(url: URL, question: Question & { readonly maxBytes: number }): Promise<JsonValue>;
  /**
   * Events as they come, each with the milliseconds since the question went out, until `onEvent` wants no more. Gives
   * the duration. Throws the same, and what `onEvent` throws.
   */
  stream(url: URL, question: Question & { readonly onEvent: OnEvent }): Promise<number>;
}

export interface Question {
  readonly json?: object;
  readonly signal?: AbortSignal | undefined;
}

export type OnEvent = (event: ServerSentEvent, sinceMs: number) => boolean;

export interface ConnectionOptions {
  readonly key: string | null;
  readonly limits: OpenAiLimits;
}

export function openAiConnection(
  address: OpenAiAddress,
  { key, limits }: ConnectionOptions,
): OpenAiConnection {
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const done = turn.then(work);
    turn = done.catch(() => undefined);
    return done;
  };
  const exchange = async (
    url: URL,
    { json, signal }: Question,
    { accept, maxBytes, onPart }: Exchange,
  ): Promise<Answered> => {
    throwIfAborted(signal);
    const { connectMs, idleMs, answerMs: totalMs } = limits;
    const end = await exchangeHttp(url, {
      limits: { connectMs, idleMs, totalMs, maxBytes },
      signal,
      headers: {
        accept,
        // Unpacking would have a part in every time that is measured.
        'accept-encoding': 'identity',
        ...(key !== null && { authorization: `Bearer ${key}` }),
      },
      ...(json !== undefined && { json: JSON.stringify(json) }),
      onPart,
    });
    if (end.kind === 'answered') return end;
    throwIfAborted(signal);
    throw replyFailures(url, key).ofEnd(end);
  };

  return {
    address,
    at: (url) => replyFailures(url, key),
    ask: async (url, question) =>
      inTurn(async () => {
        const failures = replyFailures(url, key);
        const body = collector();
        const { maxBytes } = question;
        const { head } = await exchange(url, question, {
          accept: 'application/json',
          maxBytes,
          onPart: body.take,
        });
        failures.assertAnswered(head, body.text());
        return failures.readJson(body.bytes(), { maxBytes, maxValues: MAX_REPLY_VALUES });
      }),
    stream: async (url, question) =>
      inTurn(async () => {
        const failures = replyFailures(url, key);
        const refusal = collector();
        const reader = createEventReader();
        const onPart = (part: HttpPart): boolean => {
          if (!isStream(part.head)) return refusal.take(part) || refusal.sizeBytes() > MAX_REFUSAL_BYTES;
          return reader.push(part.bytes).some((event) => question.onEvent(event, part.sinceMs));
        };
        const accept = 'text/event-stream';
        const { head, durationMs } = await exchange(url, question, {
          accept,
          maxBytes: MAX_STREAM_BYTES,
          onPart,
        });
        if (isStream(head)) return durationMs;
        failures.assertAnswered(head, refusal.text());
        throw failures.notAStream(head);
      }),
  };
}

/** The document of one event. Throws `ENGINE_REPLY_INVALID`. */
export function parseEvent(event: ServerSentEvent, failures: ReplyFailures): JsonValue {
  return failures.readJson(event.data, { maxBytes: MAX_EVENT_LENGTH, maxValues: MAX_EVENT_VALUES });
}

interface Exchange {
  readonly accept: string;
  readonly maxBytes: number;
  readonly onPart: (part: HttpPart) => boolean;
}

type Answered = Extract<HttpExchangeEnd, { kind: 'answered' }>;

function isStream({ status, contentType, contentEncoding }: HttpHead): boolean {
  const isPlain = contentEncoding === null || contentEncoding.toLowerCase() === 'identity';
  return status === 200 && isPlain && /^text\/event-stream\s*(;|$)/i.test(contentType ?? '');
}

/** `take` never has enough. */
function collector() {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  return {
    take({ bytes }: HttpPart): boolean {
      parts.push(bytes);
      sizeBytes += bytes.length;
      return false;
    },
    sizeBytes: () => sizeBytes,
    bytes: () => Buffer.concat(parts),
    /** Of whatever bytes. */
    text: () => new TextDecoder().decode(Buffer.concat(parts)),
  };
}
