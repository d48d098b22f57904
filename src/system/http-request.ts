/** One request over HTTP or HTTPS, without redirects, within a time and a size: for asking a server whether it is well. */
import { exchangeHttp } from './http-exchange.ts';

export interface HttpRequestOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Sent as `application/json` with POST; without it the request is a GET. */
  readonly json?: string | undefined;
}

export type HttpAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: Uint8Array;
      readonly durationMs: number;
    }
  /** Nobody listens, the connection broke, or the answer took too long or grew too large. */
  | { readonly kind: 'failed'; readonly reason: string; readonly durationMs: number };

/** Never throws. A redirect is an answer like any other: it is not followed. */
export async function requestHttp(url: URL, options: HttpRequestOptions): Promise<HttpAnswer> {
  const { timeoutMs, maxBytes, signal, json } = options;
  const startedMs = performance.now();
  const parts: Uint8Array[] = [];
  const end = await exchangeHttp(url, {
    limits: { connectMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs, maxBytes },
    signal,
    json,
    onPart: ({ bytes }) => {
      parts.push(bytes);
      return false;
    },
  });
  const durationMs = Math.round(performance.now() - startedMs);
  if (end.kind === 'answered')
    return { kind: 'answered', status: end.head.status, body: Buffer.concat(parts), durationMs };
  const isLate = end.why.endsWith('-time');
  return { kind: 'failed', reason: isLate ? `no answer within ${timeoutMs} ms` : end.reason, durationMs };
}
