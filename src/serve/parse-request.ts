/**
 * What a client asks for, from the JSON of OpenAI's API reference (chat completions, completions). What would change the
 * answer and is not offered here is refused, never left out in silence; what changes nothing is passed over. Pure.
 */
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../core/index.ts';
import { Failure } from '../core/index.ts';
import { MAX_GENERATED_TOKENS, type AnswerRequest, type ChatMessage } from '../engine/index.ts';
import { ApiError } from './api-error.ts';
import { invalid, readBoolean, readNumber, readText } from './fields.ts';
import {
  DEFAULT_COMPLETION_TOKENS,
  MAX_BODY_BYTES,
  MAX_MESSAGES,
  MAX_STOP_LENGTH,
  MAX_STOP_TEXTS,
  MAX_TEMPERATURE,
} from './limits.ts';

export type ApiKind = 'chat' | 'completion';

export interface ApiRequest {
  readonly kind: ApiKind;
  readonly answer: AnswerRequest;
  readonly stream: boolean;
  /** A last chunk of a stream with the counts. */
  readonly includeUsage: boolean;
}

/** `modelId`: the only model there is. Throws `ApiError`. */
export function parseRequest(
  bytes: Uint8Array,
  { kind, modelId }: { readonly kind: ApiKind; readonly modelId: string },
): ApiRequest {
  const body = parseBody(bytes);
  assertModel(body, modelId);
  assertOffered(body);
  const stream = readBoolean(body, 'stream');
  return {
    kind,
    stream,
    includeUsage: readIncludeUsage(body, stream),
    answer: {
      prompt:
        kind === 'chat'
          ? { kind: 'chat', messages: readMessages(body['messages']) }
          : { kind: 'text', text: readPrompt(body['prompt']) },
      maxTokens: readMaxTokens(body, kind),
      sampling: {
        temperature: readNumber(body, 'temperature', { min: 0, max: MAX_TEMPERATURE }) ?? 1,
        topP: readNumber(body, 'top_p', { min: 0, max: 1 }) ?? 1,
        seed: readSeed(body),
      },
      stop: readStop(body['stop'] ?? null),
    },
  };
}

function parseBody(bytes: Uint8Array): JsonObject {
  let value: JsonValue;
  try {
    value = parseJson(bytes, { name: 'the request', maxBytes: MAX_BODY_BYTES });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new ApiError(400, 'invalid_json', `The body is no JSON that can be read: ${error.message}`);
  }
  if (isJsonObject(value)) return value;
  throw new ApiError(400, 'invalid_json', 'The body is a JSON object with the fields of the request.');
}

function assertModel(body: JsonObject, modelId: string): void {
  const model = readText(body, 'model');
  if (model === null || model === modelId) return;
  const message = `There is no such model here; the only one is ${modelId} (GET /v1/models).`;
  throw new ApiError(404, 'model_not_found', message, { param: 'model' });
}

/** Fields that change the answer, and the only values that mean what this server does anyway. */
const NOT_OFFERED: Readonly<Record<string, (value: JsonValue) => boolean>> = {
  n: (value) => value === 1,
  best_of: (value) => value === 1,
  echo: (value) => value === false,
  suffix: (value) => value === '',
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  logit_bias: isEmpty,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  tools: isEmpty,
  tool_choice: (value) => value === 'none' || value === 'auto',
  functions: isEmpty,
  function_call: (value) => value === 'none' || value === 'auto',
  response_format: (value) => isJsonObject(value) && value['type'] === 'text',
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  audio: () => false,
  top_k: (value) => value === 0,
  min_p: (value) => value === 0,
  grammar: (value) => value === '',
};

function assertOffered(body: JsonObject): void {
  for (const [name, isHarmless] of Object.entries(NOT_OFFERED)) {
    const value = body[name] ?? null;
    if (value === null || isHarmless(value)) continue;
    throw new ApiError(400, 'not_offered', `This server does not offer ${name}.`, { param: name });
  }
}

function isEmpty(value: JsonValue): boolean {
  return Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;
}

function readIncludeUsage(body: JsonObject, stream: boolean): boolean {
  const options = body['stream_options'] ?? null;
  if (options === null) return false;
  if (!isJsonObject(options)) throw invalid('stream_options', 'an object', options);
  return readBoolean(options, 'include_usage') && stream;
}

function readMaxTokens(body: JsonObject, kind: ApiKind): number | null {
  const range = { min: 1, max: MAX_GENERATED_TOKENS, whole: true };
  if (kind === 'completion') return readNumber(body, 'max_tokens', range) ?? DEFAULT_COMPLETION_TOKENS;
  return readNumber(body, 'max_completion_tokens', range) ?? readNumber(body, 'max_tokens', range);
}

/** Seeds of the API have 64 bits and a sign; those of the sampler are 32 bits without one. */
function readSeed(body: JsonObject): number | null {
  const range = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true };
  const seed = readNumber(body, 'seed', range);
  return seed === null ? null : ((seed % 2 ** 32) + 2 ** 32) % 2 ** 32;
}

function readStop(value: JsonValue): readonly string[] {
  const texts: readonly JsonValue[] = value === null ? [] : Array.isArray(value) ? value : [value];
  const isStop = (text: JsonValue): text is string =>
    typeof text === 'string' && text !== '' && text.length <= MAX_STOP_LENGTH;
  if (texts.length <= MAX_STOP_TEXTS && texts.every(isStop)) return texts;
  const expected = `up to ${MAX_STOP_TEXTS} texts of 1 to ${MAX_STOP_LENGTH} characters`;
  throw invalid('stop', expected, value);
}

function readPrompt(value: JsonValue | undefined): string {
  const [only, ...more] = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  if (typeof only === 'string' && more.length === 0) return only;
  throw invalid('prompt', 'one text', value);
}

function readMessages(value: JsonValue | undefined): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) throw invalid('messages', 'a list of messages', value);
  if (value.length > MAX_MESSAGES) throw invalid('messages', `at most ${MAX_MESSAGES} messages`, value);
  return (value as readonly JsonValue[]).map((message, index) => readMessage(message, `messages[${index}]`));
}

function readMessage(value: JsonValue, at: string): ChatMessage {
  if (!isJsonObject(value)) throw invalid(at, 'a message', value);
  const { role } = value;
  if (role !== 'system' && role !== 'developer' && role !== 'user' && role !== 'assistant')
    throw invalid(`${at}.role`, 'system, developer, user or assistant', role);
  // What OpenAI calls developer is what templates know as system.
  return {
    role: role === 'developer' ? 'system' : role,
    content: readContent(value['content'], `${at}.content`),
  };
}

/** A text, or a list of parts that are all texts. */
function readContent(value: JsonValue | undefined, at: string): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) throw invalid(at, 'a text', value);
  return (value as readonly JsonValue[])
    .map((part) => {
      const text = isJsonObject(part) && part['type'] === 'text' ? part['text'] : undefined;
      if (typeof text === 'string') return text;
      throw invalid(at, 'a text, or a list of parts of the type text', value);
    })
    .join('');
}
