/** One request over HTTP or HTTPS, without redirects, within a time and a size: for asking a server whether it is well. */
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { messageOf } from '../core/index.ts';

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
  const since = (): number => Math.round(performance.now() - startedMs);
  const timeout = AbortSignal.timeout(timeoutMs);
  const ended = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    return await new Promise<HttpAnswer>((resolve, reject) => {
      const body = json === undefined ? null : Buffer.from(json);
      const send = url.protocol === 'https:' ? overHttps : overHttp;
      const asked = send(url, {
        method: body === null ? 'GET' : 'POST',
        // A connection of its own: a kept one would tell of a server that is gone.
        agent: false,
        signal: ended,
        headers: {
          accept: '*/*',
          ...(body !== null && { 'content-type': 'application/json', 'content-length': body.length }),
        },
      });
      asked.once('error', reject);
      asked.once('response', (response) => {
        const parts: Buffer[] = [];
        let sizeBytes = 0;
        response.on('data', (part: Buffer) => {
          sizeBytes += part.length;
          parts.push(part);
          if (sizeBytes <= maxBytes) return;
          reject(new Error(`the answer has more than ${maxBytes} bytes`));
          asked.destroy();
        });
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            kind: 'answered',
            status: response.statusCode ?? 0,
            body: Buffer.concat(parts),
            durationMs: since(),
          }),
        );
      });
      asked.end(body ?? undefined);
    });
  } catch (error) {
    const reason = timeout.aborted ? `no answer within ${timeoutMs} ms` : describe(error);
    return { kind: 'failed', reason, durationMs: since() };
  }
}

/** Of several addresses tried, Node gives an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error);
}
