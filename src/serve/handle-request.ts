/** Every request comes through here: who may ask, what there is to ask for, and one answer whatever happens. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { assertKey, type ApiKey } from './api-key.ts';
import { isAllowedHost, type OwnNames } from './allowed-host.ts';
import { ApiError, shuttingDown, toApiError } from './api-error.ts';
import { answerRequest, type AnswerContext } from './answer-request.ts';
import type { Exchange } from './http-server.ts';
import type { ApiKind } from './parse-request.ts';
import type { Turns } from './turns.ts';
import type { RequestLine, ServerState } from './types.ts';
import { sendError, sendJson } from './write-response.ts';

export interface HandlerContext {
  readonly names: OwnNames;
  readonly key: ApiKey | null;
  readonly turns: Turns;
  readonly requestTimeoutMs: number;
  readonly state: () => ServerState;
  readonly cut: AbortSignal;
  readonly now: () => Date;
  /** When it began to serve: the age of the model in the list. */
  readonly startedSeconds: number;
  readonly onRequest: (line: RequestLine) => void;
}

/** Never throws. */
export async function handleRequest(exchange: Exchange, context: HandlerContext): Promise<void> {
  const { request, response } = exchange;
  const startMs = performance.now();
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new Error('the client has gone'));
  // Not that of the response: one that waits behind another on its connection has none yet.
  request.socket.once('close', onClose);
  let tokens: Pick<RequestLine, 'promptTokens' | 'tokens'> = { promptTokens: null, tokens: null };
  let status: number | null = null;
  try {
    const kind = route(exchange, context);
    if (kind !== null) {
      const state = assertReady(context.state());
      const { turns, requestTimeoutMs, cut, now } = context;
      const nowSeconds = Math.floor(now().getTime() / 1000);
      const answering: AnswerContext = { state, turns, requestTimeoutMs, nowSeconds, cut, gone: gone.signal };
      const answer = await answerRequest(kind, exchange, answering);
      tokens = { promptTokens: answer.promptTokenCount, tokens: answer.tokenCount };
    }
  } catch (error) {
    const told = toApiError(error);
    status = told.status;
    if (!gone.signal.aborted && !response.headersSent) sendError(response, told);
  } finally {
    request.socket.off('close', onClose);
  }
  context.onRequest({
    method: request.method ?? '',
    path: pathOf(request),
    status: gone.signal.aborted ? CLIENT_GONE : (status ?? response.statusCode),
    durationMs: performance.now() - startMs,
    ...tokens,
    client: request.socket.remoteAddress ?? '',
  });
}

/** As proxies log it. */
const CLIENT_GONE = 499;

/** Answers what can be answered at once; else the kind of question. Throws `ApiError`. */
function route(exchange: Exchange, context: HandlerContext): ApiKind | null {
  const { request, response } = exchange;
  const { headers, method = '' } = request;
  if (!isAllowedHost(headers.host, context.names)) {
    const message = 'The Host header names no address or name of this server (see --allow-host).';
    throw new ApiError(403, 'host_not_allowed', message, { closes: true });
  }
  const path = pathOf(request);
  const entry = ROUTES[path];
  if (entry === undefined || !Object.hasOwn(ROUTES, path)) {
    throw new ApiError(404, 'unknown_route', `There is: ${Object.keys(ROUTES).join(', ')}.`);
  }
  const methods = entry.asks === null ? ['GET', 'HEAD'] : ['POST'];
  if (!methods.includes(method)) {
    const options = { headers: { allow: methods.join(', ') }, closes: true };
    throw new ApiError(405, 'method_not_allowed', `${path} takes ${methods.join(' and ')}.`, options);
  }
  // A probe has no key, and what health tells is no secret.
  if (entry.shows !== 'health') assertKey(headers.authorization, context.key);
  if (entry.asks !== null) return entry.asks;
  if (entry.shows === 'health') showHealth(response, context.state());
  else showModels(response, context);
  return null;
}

interface Route {
  readonly asks: ApiKind | null;
  readonly shows: 'health' | 'models' | null;
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/health': { asks: null, shows: 'health' },
  '/v1/models': { asks: null, shows: 'models' },
  '/v1/chat/completions': { asks: 'chat', shows: null },
  '/v1/completions': { asks: 'completion', shows: null },
};

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '';
}

function showHealth(response: ServerResponse, state: ServerState): void {
  const { name } = state;
  const body = { model: name?.id ?? null, sha256: name?.sha256 ?? null, release: name?.release ?? null };
  if (state.kind === 'ready') {
    sendJson(response, 200, { status: 'ok', ...body, engine: state.engine });
    return;
  }
  sendJson(response, 503, { status: state.kind, ...body }, { headers: { 'retry-after': '2' } });
}

function showModels(response: ServerResponse, { state, startedSeconds }: HandlerContext): void {
  const { id, sha256, release } = assertReady(state()).name;
  const model = { id, object: 'model', created: startedSeconds, owned_by: 'milton-edge', sha256, release };
  sendJson(response, 200, { object: 'list', data: [model] });
}

function assertReady(state: ServerState): Extract<ServerState, { kind: 'ready' }> {
  switch (state.kind) {
    case 'ready':
      return state;
    case 'loading':
      throw new ApiError(503, 'loading', 'The model is being loaded.', { headers: { 'retry-after': '2' } });
    case 'ending':
      throw shuttingDown();
  }
}
