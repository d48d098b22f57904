/** What a server did instead of answering, as failures; never with the key in it, whatever the server repeats. */
import type { z } from 'zod';

import {
  escapeText,
  Failure,
  isJsonObject,
  parseJson,
  type JsonValue,
  type ParseJsonOptions,
} from '../core/index.ts';
import type { HttpExchangeEnd, HttpHead } from '../system/index.ts';
import { EngineFailure } from './error.ts';

export interface ReplyFailures {
  /** A text of the server, safe to print. */
  quote(text: string): string;
  ofEnd(end: Extract<HttpExchangeEnd, { kind: 'failed' }>): EngineFailure;
  /** Throws `ENGINE_SERVER_REFUSED` for every status but 200, `ENGINE_REPLY_INVALID` for what was packed unasked. */
  assertAnswered(head: HttpHead, body: string): void;
  /** Throws `ENGINE_SERVER_REFUSED` where a document is an error. */
  assertNoError(value: JsonValue): void;
  /** Throws `ENGINE_REPLY_INVALID`. */
  readJson(input: string | Uint8Array, options: ParseJsonOptions): JsonValue;
  /** Throws `ENGINE_REPLY_INVALID`. */
  check<T>(schema: z.ZodType<T>, value: JsonValue): T;
  notAStream(head: HttpHead): EngineFailure;
  invalid(expected: string, received: string): EngineFailure;
  otherModel(expected: string, received: string): EngineFailure;
}

export function replyFailures(url: URL, key: string | null): ReplyFailures {
  const where = escapeText(url.href);
  const isChat = url.pathname.endsWith('/chat/completions');
  const quote = (text: string): string => escapeText(key === null ? text : text.replaceAll(key, '[key]'));
  const invalid = (expected: string, received: string): EngineFailure =>
    new EngineFailure(
      'ENGINE_REPLY_INVALID',
      `${where} did not answer as the API has it: expected ${expected}, got ${quote(received)}.`,
      { details: { url: where, expected, received: quote(received) } },
    );
  const refused = (status: number | null, said: string): EngineFailure => {
    const how = status === null ? 'an error in its answer' : `status ${status}`;
    const words = said === '' ? '' : `: ${said}`;
    const hint = status === null ? undefined : HINTS[status];
    return new EngineFailure('ENGINE_SERVER_REFUSED', `${where} answered with ${how}${words}.`, {
      ...(hint !== undefined && { hint }),
      details: { url: where, expected: 'an answer', received: said, ...(status !== null && { status }) },
    });
  };
  return {
    quote,
    invalid,
    ofEnd({ why, reason }) {
      const [code, what] = ENDS[why];
      return new EngineFailure(code, `${where} ${what}: ${quote(reason)}.`, {
        details: { url: where, received: quote(reason) },
      });
    },
    assertAnswered({ status, contentEncoding }, body) {
      if (status >= 300 && status < 400)
        throw refused(status, 'it is elsewhere, and redirects are not followed');
      if (status !== 200) {
        const { code, message } = toApiError(tryJson(body)) ?? { code: null, message: '' };
        const said = quote(message).replace(/\.$/, '');
        if (code !== 'chat_unsupported' && !(isChat && status === 400 && /chat.?template/i.test(message)))
          throw refused(status, said);
        throw new EngineFailure('ENGINE_CHAT_UNSUPPORTED', `${where} cannot be asked in messages: ${said}.`, {
          details: { url: where, received: said },
        });
      }
      if (contentEncoding === null || contentEncoding.toLowerCase() === 'identity') return;
      throw invalid('an answer that is not packed', `content-encoding ${contentEncoding}`);
    },
    assertNoError(value) {
      const error = toApiError(value);
      if (error !== null) throw refused(null, quote(error.message).replace(/\.$/, ''));
    },
    readJson(input, options) {
      try {
        return parseJson(input, options);
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause;
        throw invalid('JSON', cause.message.replace(/\.$/, ''));
      }
    },
    check(schema, value) {
      const checked = schema.safeParse(value);
      if (checked.success) return checked.data;
      const [issue] = checked.error.issues;
      const field = issue === undefined || issue.path.length === 0 ? 'the answer' : issue.path.join('.');
      throw invalid('the fields of its API', `${field}: ${issue?.message ?? 'something else'}`);
    },
    notAStream: ({ contentType }) =>
      invalid('a stream (text/event-stream)', contentType ?? 'an answer without a content type'),
    otherModel: (expected, received) =>
      new EngineFailure(
        'ENGINE_OTHER_MODEL',
        `${where} was asked for ${quote(expected)} and answered for ${quote(received)}.`,
        { details: { url: where, expected: quote(expected), received: quote(received) } },
      ),
  };
}

const ENDS = {
  unreachable: ['ENGINE_SERVER_UNREACHABLE', 'could not be reached'],
  'connect-time': ['ENGINE_SERVER_TIMED_OUT', 'took too long to connect to'],
  'idle-time': ['ENGINE_SERVER_TIMED_OUT', 'was silent for too long'],
  'total-time': ['ENGINE_SERVER_TIMED_OUT', 'took too long'],
  size: ['ENGINE_REPLY_INVALID', 'answered with too much'],
  'no-http': ['ENGINE_REPLY_INVALID', 'answered with what is no HTTP'],
  broken: ['ENGINE_SERVER_DISCONNECTED', 'ended the connection before its answer was whole'],
  aborted: ['ENGINE_SERVER_DISCONNECTED', 'was not waited for'],
} as const;

const WITH_KEY = 'Name the environment variable that holds a key for this server.';

const HINTS: Readonly<Record<number, string>> = {
  401: WITH_KEY,
  403: WITH_KEY,
  429: 'Measure when nobody else uses the server; what it lets wait would be measured as slow.',
  503: 'Wait until the server has loaded its model, then run the same command again.',
};

interface ApiErrorText {
  readonly code: string | null;
  readonly message: string;
}

/** `{error: {message}}` as OpenAI has it; other servers send a text, or put the message at the top. */
function toApiError(value: JsonValue): ApiErrorText | null {
  if (!isJsonObject(value)) return null;
  const { error = null } = value;
  if (error === null) {
    const isBare = value['object'] === 'error' && typeof value['message'] === 'string';
    return isBare ? { code: null, message: value['message'] as string } : null;
  }
  if (!isJsonObject(error))
    return { code: null, message: typeof error === 'string' ? error : 'it did not say why' };
  const { message, code } = error;
  return {
    code: typeof code === 'string' ? code : null,
    message: typeof message === 'string' ? message : 'it did not say why',
  };
}

function tryJson(text: string): JsonValue {
  try {
    return parseJson(text, { maxValues: 1000 });
  } catch {
    return null;
  }
}
