/** The HTTP server itself: where it listens, what it lets a connection do, and how it ends. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { escapeText, isErrno, messageOf } from '../core/index.ts';
import { ApiError } from './api-error.ts';
import { ServeFailure } from './error.ts';
import {
  BODY_TIMEOUT_MS,
  HEADERS_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  MAX_CONNECTIONS,
  MAX_HEADER_BYTES,
  TIMEOUT_CHECK_MS,
} from './limits.ts';

export interface HttpServer {
  /** `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Takes no new connection, and ends each that there is once it is answered. */
  retire(): void;
  /** Fulfilled when no connection is left. */
  readonly closed: Promise<void>;
  /** Ends every connection, answered or not. */
  destroy(): void;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

type OnRequest = (exchange: Exchange) => void;

/** Throws `SERVE_ADDRESS_TAKEN`, `SERVE_ADDRESS_REFUSED`. */
export async function openHttpServer(
  onRequest: OnRequest,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<HttpServer> {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: BODY_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    requireHostHeader: true,
  };
  let isRetired = false;
  const open = new WeakMap<Duplex, Set<Exchange>>();
  const server = createServer(options, (request, response) => {
    const exchange = { request, response };
    const others = open.get(request.socket) ?? new Set();
    open.set(request.socket, others.add(exchange));
    response.once('close', () => {
      others.delete(exchange);
      // The connection counts as idle a moment later.
      if (isRetired) setImmediate(() => server.closeIdleConnections());
    });
    if (isRetired) response.setHeader('connection', 'close');
    onRequest(exchange);
  });
  server.maxConnections = MAX_CONNECTIONS;
  // One listener for each request that is pipelined.
  server.on('connection', (socket) => socket.setMaxListeners(0));
  server.on('clientError', (error, socket) => refuse(error, socket, open.get(socket) ?? new Set()));
  await listen(server, host, port);
  // Of a connection that could not be accepted: the others go on.
  server.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  return {
    url: urlOf(host, (server.address() as AddressInfo).port),
    closed,
    retire() {
      if (isRetired) return;
      isRetired = true;
      // Idle connections are closed along with it.
      server.close();
    },
    destroy: () => server.closeAllConnections(),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (error) {
    const details = { host, port, received: messageOf(error) };
    const where = escapeText(urlOf(host, port));
    if (isErrno(error, 'EADDRINUSE'))
      throw new ServeFailure('SERVE_ADDRESS_TAKEN', `Another program listens on ${where}.`, {
        details,
        cause: error,
      });
    throw new ServeFailure('SERVE_ADDRESS_REFUSED', `${where} cannot be listened on.`, {
      details,
      cause: error,
    });
  }
}

/** What is not HTTP, too long, or too slow is told so where the connection still takes it. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex, open: ReadonlySet<Exchange>): void {
  const [exchange, another] = open;
  // Words that come while something else is answered would be taken for that answer.
  const isHeard =
    exchange === undefined ||
    (another === undefined && !exchange.request.complete && !exchange.response.headersSent);
  if (error.code === 'ECONNRESET' || !socket.writable || !isHeard) {
    socket.destroy();
    return;
  }
  const [status, told] = describe(error.code);
  const body = JSON.stringify(told.toBody());
  const head = [
    `HTTP/1.1 ${status}`,
    'connection: close',
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function describe(code: string | undefined): readonly [string, ApiError] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        new ApiError(431, 'headers_too_large', `Headers have at most ${MAX_HEADER_BYTES} bytes.`),
      ];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', new ApiError(408, 'request_too_slow', 'The request came too slowly.')];
    default:
      return ['400 Bad Request', new ApiError(400, 'invalid_http', 'This is no HTTP request.')];
  }
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
