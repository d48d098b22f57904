/** A server from its first connection to its last: loading, ready, ending. It never holds more than one model. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure } from '../core/index.ts';
import type { ServingModel } from '../engine/index.ts';
import { systemClock, type Clock } from '../system/index.ts';
import { isLoopback } from './allowed-host.ts';
import { loadApiKey } from './api-key.ts';
import { shuttingDown } from './api-error.ts';
import { ServeFailure } from './error.ts';
import { handleRequest } from './handle-request.ts';
import { openHttpServer } from './http-server.ts';
import { createTurns } from './turns.ts';
import type { ListenOptions, ModelName, RequestLine, ServerState } from './types.ts';

export interface ServeContext {
  readonly clock?: Clock;
  readonly onRequest?: (line: RequestLine) => void;
}

export interface RunningServer {
  readonly url: string;
  /** Which model is on its way: health tells it from now on. */
  announce(name: ModelName): void;
  /** Answers with this model from now on, until the end. The model is the server's to close. */
  begin(name: ModelName, served: { readonly model: ServingModel; readonly engine: string }): void;
  /**
   * Answers until `signal` fires, then ends in order; whatever is still being answered after the time for that is cut off.
   * Ends by itself, with the failure, if the engine does.
   */
  untilEnd(signal: AbortSignal): Promise<ServerEnd>;
  /** Ends at once. Safe to call twice. */
  close(): Promise<void>;
}

export interface ServerEnd {
  /** `cut`: something was still being answered when the time was up. */
  readonly kind: 'drained' | 'cut' | 'engine-died';
  /** Of the engine. */
  readonly failure: Failure | null;
  /** Requests that were answered, well or not. */
  readonly requests: number;
}

/** Listens, and says that it is loading. Throws `SERVE_*`, `SYSTEM_FILE_*`. */
export async function startServer(
  options: ListenOptions,
  { clock = systemClock, onRequest = () => undefined }: ServeContext = {},
): Promise<RunningServer> {
  assertGuarded(options);
  const key = options.apiKeyFile === null ? null : await loadApiKey(options.apiKeyFile);
  const turns = createTurns({ maxWaiting: options.maxQueue, nowMs: () => performance.now() });
  const cut = new AbortController();
  const startedSeconds = Math.floor(clock.now().getTime() / 1000);
  let state: ServerState = { kind: 'loading', name: null };
  let requests = 0;
  const server = await openHttpServer((exchange) => void handle(exchange), options);

  async function handle(exchange: Parameters<typeof handleRequest>[0]): Promise<void> {
    await handleRequest(exchange, {
      names: { hostname: hostname(), allowed: options.allowedHosts.map((name) => name.toLowerCase()) },
      key,
      turns,
      requestTimeoutMs: options.requestTimeoutMs,
      state: () => state,
      cut: cut.signal,
      now: () => clock.now(),
      startedSeconds,
      onRequest,
    });
    requests += 1;
  }

  /** Whoever waits is told to come back; whoever is being answered has its time. */
  async function drain(limitMs: number): Promise<boolean> {
    const model = state.kind === 'ready' ? state.model : null;
    state = { kind: 'ending', name: state.name };
    turns.refuse(shuttingDown());
    server.retire();
    // The last connection ends after the last answer has been read.
    const isClosed = await within(limitMs, server.closed);
    cut.abort();
    // An answer that is cut off says so, where somebody still listens.
    if (!isClosed && !(await within(CUT_MS, server.closed))) server.destroy();
    await server.closed;
    await model?.close();
    return isClosed;
  }

  return {
    url: server.url,
    announce(name) {
      if (state.kind === 'loading') state = { kind: 'loading', name };
    },
    begin(name, { model, engine }) {
      state = { kind: 'ready', name, model, engine };
    },
    async untilEnd(signal) {
      const died = state.kind === 'ready' ? state.model.died : new Promise<never>(() => undefined);
      const stopped = new Promise<null>((resolve) => {
        if (signal.aborted) resolve(null);
        signal.addEventListener('abort', () => resolve(null), { once: true });
      });
      const failure = await Promise.race([died, stopped]);
      // Nothing is left to wait for where the engine is gone.
      const isDrained = await drain(failure === null ? options.drainMs : CUT_MS);
      const kind = failure !== null ? 'engine-died' : isDrained ? 'drained' : 'cut';
      return { kind, failure, requests };
    },
    async close() {
      await drain(0);
    },
  };
}

/** How long words of farewell may take. */
const CUT_MS = 1000;

/** Throws `SERVE_REMOTE_UNGUARDED`. */
function assertGuarded({ host, allowRemote, apiKeyFile }: ListenOptions): void {
  if (isLoopback(host) || allowRemote || apiKeyFile !== null) return;
  throw new ServeFailure('SERVE_REMOTE_UNGUARDED', `${host} can be reached from other machines.`, {
    details: { expected: 'an address of this machine alone, or a key', received: host },
  });
}

/** Whether it came to be before the time was up. */
async function within(limitMs: number, work: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const limit = sleep(limitMs, false, { signal: timer.signal }).catch(() => false);
  const isInTime = await Promise.race([work.then(() => true), limit]);
  timer.abort();
  return isInTime;
}
