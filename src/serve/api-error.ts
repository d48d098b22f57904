/** A refusal as a client of OpenAI's API reads it: a status and `{error: {message, type, param, code}}`. */
import { EngineFailure } from '../engine/index.ts';
import { escapeText, Failure, type JsonObject } from '../core/index.ts';

export interface ApiErrorOptions {
  /** The field of the request that it is about. */
  readonly param?: string;
  /** Headers that go with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What of the request follows cannot be told: the connection ends with the answer. */
  readonly closes?: boolean;
}

/** Its message never holds a path of this machine; texts of the request in it are escaped. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Permanent, as codes of failures are. */
  readonly code: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly closes: boolean;

  constructor(status: number, code: string, message: string, options: ApiErrorOptions = {}) {
    super(message);
    const { param = null, headers = {}, closes = false } = options;
    this.status = status;
    this.code = code;
    this.param = param;
    this.headers = headers;
    this.closes = closes;
  }

  toBody(): JsonObject {
    const { message, param, code, status } = this;
    return { error: { message, type: typeOf(status), param, code } };
  }
}

/** What a client is told of anything that was thrown while it was answered. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof EngineFailure) {
    const reason = sentence(error.details['received'] ?? error.code);
    switch (error.code) {
      case 'ENGINE_REQUEST_INVALID':
        return new ApiError(400, 'prompt_refused', `The model cannot answer this: ${reason}`);
      case 'ENGINE_CHAT_UNSUPPORTED':
        return new ApiError(
          400,
          'chat_unsupported',
          `This model cannot be asked in messages: ${reason} Plain prompts work: /v1/completions.`,
        );
      case 'ENGINE_CLOSED':
        return shuttingDown();
      default:
        return new ApiError(500, 'engine_failed', `The engine failed (${error.code}).`);
    }
  }
  const code = error instanceof Failure ? error.code : 'internal';
  return new ApiError(500, 'internal_error', `The server failed (${code}).`);
}

export function shuttingDown(): ApiError {
  return new ApiError(503, 'shutting_down', 'The server is ending.', {
    headers: { 'retry-after': '2' },
    closes: true,
  });
}

/** The types of OpenAI's API. */
function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 503) return 'service_unavailable';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

function sentence(value: unknown): string {
  const text = escapeText(typeof value === 'string' ? value : 'no reason given', 400);
  return text.endsWith('.') ? text : `${text}.`;
}
