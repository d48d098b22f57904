/** Serves what is live on a target, or a plain file: found once, proved, loaded, answered from until somebody ends it. */
import { formatBytes, type OnProgress, type Warning } from '../core/index.ts';
import type { LoadedModelFacts, ServingEngine, ServingModel } from '../engine/index.ts';
import {
  DEFAULT_SERVED_CONTEXT_TOKENS,
  servingLimits,
  startServer,
  type ListenOptions,
  type ModelName,
  type RequestLine,
  type RunningServer,
  type ServerEnd,
} from '../serve/index.ts';
import { readMemory, type Clock, type StateDirectory } from '../system/index.ts';
import { findModelToServe, type ModelToServe, type ServeSource } from './model-to-serve.ts';
import { readServingNeeds, type ServingNeeds } from './serving-needs.ts';

export type { ServeSource } from './model-to-serve.ts';

export interface ServeModelRequest {
  readonly source: ServeSource;
  /** Hashes a release again before it is loaded; a plain file is hashed anyway. */
  readonly verify: boolean;
  readonly contextTokens: number | null;
  readonly threads: number | null;
  readonly gpuLayers: number;
  readonly listen: ListenOptions;
}

export interface ServeModelContext {
  readonly state: StateDirectory;
  readonly clock: Clock;
  readonly engine: ServingEngine;
  /** Ends the server in order. */
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
  readonly onWarning?: (warning: Warning) => void;
  readonly onListening?: (url: string, name: ModelName) => void;
  readonly onReady?: (served: ServedFacts) => void;
  readonly onRequest?: (line: RequestLine) => void;
}

export interface ServedFacts {
  readonly url: string;
  readonly name: ModelName;
  readonly path: string;
  readonly contextTokens: number;
  readonly engine: string;
  readonly facts: LoadedModelFacts;
}

export interface ServeReport {
  readonly url: string;
  readonly name: ModelName;
  /** Null where it was ended before it was ready. */
  readonly served: ServedFacts | null;
  readonly end: ServerEnd['kind'] | 'before-ready';
  readonly requests: number;
}

/** Throws `SERVE_*`, what finding and verifying the model throws, `ENGINE_*` where it cannot be loaded or dies later. */
export async function serveModel(
  request: ServeModelRequest,
  context: ServeModelContext,
): Promise<ServeReport> {
  const { clock, signal, onRequest, onListening, onReady } = context;
  const model = await findModelToServe(request.source, context.state);
  const server = await startServer(request.listen, { clock, ...(onRequest !== undefined && { onRequest }) });
  const { url } = server;
  try {
    server.announce(model.name);
    onListening?.(url, model.name);
    const served = await load(model, request, server, context);
    if (served === null) return { url, name: model.name, served, end: 'before-ready', requests: 0 };
    onReady?.(served);
    const { kind, failure, requests } = await server.untilEnd(signal);
    if (failure !== null) throw failure;
    return { url, name: served.name, served, end: kind, requests };
  } finally {
    await server.close();
  }
}

/** Null where the signal came first: nothing has been served, and nothing went wrong. */
async function load(
  model: ModelToServe,
  { verify, contextTokens, threads, gpuLayers }: ServeModelRequest,
  server: RunningServer,
  context: ServeModelContext,
): Promise<ServedFacts | null> {
  const { engine, signal, onProgress, onWarning = () => undefined } = context;
  const [path] = model.paths;
  // The signal ends a load at once; later it ends the server in order, and the model after that.
  const loading = new AbortController();
  const stop = (): void => loading.abort();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const { name, expectedFile } = await model.prove({ verify, onProgress, signal });
    server.announce(name);
    const defaultContextTokens = DEFAULT_SERVED_CONTEXT_TOKENS;
    const needs = await readServingNeeds(model.paths, { contextTokens, defaultContextTokens, signal });
    for (const warning of await judgeNeeds(needs)) onWarning(warning);
    const loaded: ServingModel = await engine.load({
      path,
      purpose: 'service',
      contextTokens: needs.contextTokens,
      ...(threads !== null && { threads }),
      gpuLayers,
      limits: servingLimits(needs),
      expectedFile,
      signal: loading.signal,
    });
    signal.removeEventListener('abort', stop);
    if (signal.aborted) {
      await loaded.close();
      return null;
    }
    const { facts } = loaded;
    for (const missing of facts.missingProtections) {
      onWarning({ code: 'ENGINE_PROTECTION_MISSING', message: `The engine runs without one: ${missing}.` });
    }
    const engineName = `${engine.name} ${facts.engineVersion}`;
    server.begin(name, { model: loaded, engine: engineName });
    return {
      url: server.url,
      name,
      path,
      contextTokens: facts.contextTokens,
      engine: engineName,
      facts,
    };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function judgeNeeds(needs: ServingNeeds): Promise<readonly Warning[]> {
  const { contextTokens, trainedTokens, memoryBytes } = needs;
  const { availableBytes } = await readMemory();
  const warnings: Warning[] = [];
  if (trainedTokens !== null && contextTokens > trainedTokens) {
    const message = `The context has ${contextTokens} tokens and the model was made for ${trainedTokens}: what it says will get worse.`;
    warnings.push({ code: 'SERVE_CONTEXT_BEYOND_MODEL', message });
  }
  if (memoryBytes > availableBytes) {
    const [needed, available] = [formatBytes(memoryBytes), formatBytes(availableBytes)];
    const message = `The model needs about ${needed} of memory and ${available} are available: it may be slow, or end.`;
    warnings.push({ code: 'SERVE_MEMORY_SHORT', message });
  }
  return warnings;
}
