/** Writes answers: one JSON document, or server-sent events. A client that does not read is let go. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from '../core/index.ts';
import type { ApiError } from './api-error.ts';
import { FINISH_TIMEOUT_MS, MAX_UNSENT_BYTES } from './limits.ts';

/** No page of another origin may read these (no CORS header says so), no cache keep them, no browser guess their type. */
const HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

export interface JsonOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the connection after it. */
  readonly closes?: boolean;
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: JsonObject,
  { headers = {}, closes = false }: JsonOptions = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    ...HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': bytes.length,
    ...(closes ? { connection: 'close' } : {}),
    ...headers,
  });
  finish(response, bytes);
}

export function sendError(response: ServerResponse, error: ApiError): void {
  const { status, headers, closes } = error;
  sendJson(response, status, error.toBody(), { headers, closes });
}

/** Server-sent events (HTML standard, section 9.2), as OpenAI's API has them: one JSON document each, `[DONE]` at the end. */
export interface EventStream {
  readonly hasBegun: boolean;
  send(document: JsonObject): void;
  done(): void;
  /** In place of `[DONE]`, where the answer breaks off. */
  fail(error: ApiError): void;
}

export function eventStream(response: ServerResponse): EventStream {
  let hasBegun = false;
  const write = (data: string): void => {
    if (!hasBegun) {
      hasBegun = true;
      response.writeHead(200, {
        ...HEADERS,
        'content-type': 'text/event-stream; charset=utf-8',
        // A proxy that collects what it passes on would make a stream of it that comes all at once.
        'x-accel-buffering': 'no',
      });
    }
    // JSON has no line breaks outside of texts, and escapes those inside: one document, one line.
    response.write(`data: ${data}\n\n`);
    if (response.writableLength > MAX_UNSENT_BYTES) response.destroy();
  };
  return {
    get hasBegun() {
      return hasBegun;
    },
    send: (document) => write(JSON.stringify(document)),
    done() {
      write('[DONE]');
      finish(response);
    },
    fail(error) {
      write(JSON.stringify(error.toBody()));
      finish(response);
    },
  };
}

function finish(response: ServerResponse, bytes?: Uint8Array): void {
  const timer = setTimeout(() => response.destroy(), FINISH_TIMEOUT_MS);
  const stop = (): void => clearTimeout(timer);
  response.once('finish', stop);
  response.once('close', stop);
  response.end(bytes);
}
