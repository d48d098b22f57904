/**
 * One exchange over HTTP or HTTPS on a connection of its own, without redirects, its answer handed on part by part with the
 * time of each. Every wait and every size has a limit.
 */
import { request as overHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Socket } from 'node:net';
import { messageOf } from '../core/index.ts';

export interface HttpExchangeOptions {
  readonly limits: HttpExchangeLimits;
  readonly signal?: AbortSignal | undefined;
  /** Sent as `application/json` with POST; without it the request is a GET. */
  readonly json?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** True: no more is wanted, and the connection is ended. What it throws ends the connection too, and is thrown. */
  readonly onPart: (part: HttpPart) => boolean;
}

export interface HttpExchangeLimits {
  /** To resolve the name, to connect, and to agree on a cipher. */
  readonly connectMs: number;
  /** Without a byte of the answer, its headers being the first. */
  readonly idleMs: number;
  readonly totalMs: number;
  readonly maxBytes: number;
}

export interface HttpHead {
  readonly status: number;
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
}

export interface HttpPart {
  readonly head: HttpHead;
  readonly bytes: Uint8Array;
  /** From the moment when the connection stood and the request went out, on a monotonic clock. */
  readonly sinceMs: number;
}

export type HttpExchangeEnd =
  | { readonly kind: 'answered'; readonly head: HttpHead; readonly durationMs: number }
  | {
      readonly kind: 'failed';
      readonly why:
        | 'unreachable'
        | 'no-http'
        | 'broken'
        | 'connect-time'
        | 'idle-time'
        | 'total-time'
        | 'size'
        | 'aborted';
      readonly reason: string;
      readonly durationMs: number;
    };

/** Throws what `onPart` throws, and nothing else. */
export async function exchangeHttp(url: URL, options: HttpExchangeOptions): Promise<HttpExchangeEnd> {
  const { limits, signal, onPart } = options;
  const over = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const asked = send(url, options);
  try {
    return await new Promise<HttpExchangeEnd>((resolve, reject) => {
      let startedMs = performance.now();
      let isConnected = false;
      let sizeBytes = 0;
      const since = (): number => performance.now() - startedMs;
      const fail = (why: Failed['why'], reason: string): void =>
        resolve({ kind: 'failed', why, reason, durationMs: since() });
      const limit = (why: keyof typeof LIMIT_REASONS, ms: number): void => {
        clearTimeout(timers.get(why));
        const onTime = (): void => fail(why, LIMIT_REASONS[why](ms));
        timers.set(why, setTimeout(onTime, ms));
      };
      const onBytes = (head: HttpHead, bytes: Uint8Array): void => {
        const sinceMs = since();
        sizeBytes += bytes.length;
        if (sizeBytes > limits.maxBytes) throw new TooLarge(limits.maxBytes);
        limit('idle-time', limits.idleMs);
        if (!onPart({ head, bytes, sinceMs })) return;
        over.abort();
        resolve({ kind: 'answered', head, durationMs: sinceMs });
      };

      limit('connect-time', limits.connectMs);
      limit('total-time', limits.totalMs);
      asked.once('socket', (socket: Socket) => {
        socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
          // Node has kept the request until now: what is measured is the server, not the handshake.
          startedMs = performance.now();
          isConnected = true;
          clearTimeout(timers.get('connect-time'));
          limit('idle-time', limits.idleMs);
        });
      });
      asked.on('error', (error) => fail(isConnected ? whyBroken(error) : 'unreachable', describe(error)));
      // Of a connection that ends without an answer and without an error, as at a switch of protocols.
      asked.once('close', () => fail('broken', 'the connection ended before the answer did'));
      asked.once('response', (response) => {
        const head = toHead(response);
        limit('idle-time', limits.idleMs);
        response.on('data', (bytes: Buffer) => {
          // What Node still holds of an answer of which no more is wanted.
          if (over.signal.aborted) return;
          try {
            onBytes(head, bytes);
          } catch (error) {
            over.abort();
            if (error instanceof TooLarge) fail('size', error.message);
            else reject(error);
          }
        });
        response.on('error', (error) => fail(whyBroken(error), describe(error)));
        response.once('end', () => resolve({ kind: 'answered', head, durationMs: since() }));
      });
      const onAbort = (): void => fail('aborted', 'it was interrupted');
      signal?.addEventListener('abort', onAbort, { once: true, signal: over.signal });
      if (signal?.aborted === true) onAbort();
    });
  } finally {
    over.abort();
    for (const timer of timers.values()) clearTimeout(timer);
    asked.destroy();
  }
}

type Failed = Extract<HttpExchangeEnd, { kind: 'failed' }>;

const LIMIT_REASONS = {
  'connect-time': (ms: number) => `no connection within ${ms} ms`,
  'idle-time': (ms: number) => `nothing came for ${ms} ms`,
  'total-time': (ms: number) => `no whole answer within ${ms} ms`,
} as const;

function send(url: URL, { json, headers = {} }: HttpExchangeOptions): ClientRequest {
  const body = json === undefined ? null : Buffer.from(json);
  const ask = url.protocol === 'https:' ? overHttps : overHttp;
  const asked = ask(url, {
    method: body === null ? 'GET' : 'POST',
    // A connection of its own: a kept one would tell of a server that is gone.
    agent: false,
    headers: {
      accept: '*/*',
      ...headers,
      ...(body !== null && { 'content-type': 'application/json', 'content-length': body.length }),
    },
  });
  asked.setNoDelay(true);
  asked.end(body ?? undefined);
  return asked;
}

function toHead({ statusCode = 0, headers }: IncomingMessage): HttpHead {
  const { 'content-type': contentType = null, 'content-encoding': contentEncoding = null } = headers;
  return { status: statusCode, contentType, contentEncoding };
}

/** The codes of Node's parser. */
function whyBroken(error: Error): Failed['why'] {
  return 'code' in error && String(error.code).startsWith('HPE_') ? 'no-http' : 'broken';
}

class TooLarge extends Error {
  constructor(maxBytes: number) {
    super(`the answer has more than ${maxBytes} bytes`);
  }
}

/** Of several addresses tried, Node gives an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error);
}
