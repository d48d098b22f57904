/** The engine that serves: a llama-server that somebody has on this machine, run contained and asked over loopback. */
import { resolve } from 'node:path';

import { throwIfAborted } from '../core/index.ts';
import { BATCH_TOKENS, DEFAULT_CONTEXT_TOKENS } from './limits.ts';
import { defaultThreads } from './default-threads.ts';
import { examineServerBinary, readServerVersion, type ServerBinary } from './server-binary.ts';
import { assertServerFlags, lastValueOf } from './server-flags.ts';
import { serverModel } from './server-model.ts';
import { answerOfAnother, startServerProcess, type ServerProcess } from './server-process.ts';
import { propsReply } from './server-protocol.ts';
import { serverSubject, type ServerSubject } from './server-subject.ts';
import type { Engine, EngineDescription, LoadedModelFacts, LoadRequest } from './types.ts';
import { assertUnchanged, identifyFile } from './verified-file.ts';

export interface ServerEngineOptions {
  /** The llama-server. */
  readonly path: string;
  /** Handed on to it, behind ours. */
  readonly flags?: readonly string[];
}

export const SERVER_ENGINE_NAME = 'llama-server';

/** An engine whose models can also be measured over its own API. */
export interface ServerEngine extends Engine {
  readonly flags: readonly string[];
  describe(): Promise<EngineDescription & { readonly version: string }>;
  /** Loads the model as `load` does, and throws what it throws; what is asked of it is streamed. */
  subject(request: LoadRequest): Promise<ServerSubject>;
}

/** Throws `ENGINE_FLAG_REFUSED`. */
export function createServerEngine({ path: binaryPath, flags = [] }: ServerEngineOptions): ServerEngine {
  assertServerFlags(flags);
  const start = async <T>(
    request: LoadRequest,
    { keepsPriority }: { readonly keepsPriority: boolean },
    use: (started: Loaded) => Promise<T>,
  ): Promise<T> => {
    const { signal, limits } = request;
    throwIfAborted(signal);
    const binary = await examineServerBinary(resolve(binaryPath), { signal });
    const path = resolve(request.path);
    const before = await identifyFile(path, request.expectedFile);
    const startMs = performance.now();
    const process = await startServerProcess({
      binaryPath: binary.path,
      flags: [...toFlags(request, path, binary), ...flags],
      path,
      limits,
      signal,
      keepsPriority,
    });
    try {
      const loadMs = performance.now() - startMs;
      const facts = await readFacts(process, { binary, flags, path, loadMs, request });
      await assertUnchanged(path, before);
      return await use({ process, facts, path });
    } catch (error) {
      await process.close();
      throw error;
    }
  };
  return {
    name: SERVER_ENGINE_NAME,
    flags,
    async describe() {
      const version = await readServerVersion(resolve(binaryPath));
      return { name: SERVER_ENGINE_NAME, version, available: true };
    },
    load: async (request) =>
      start(request, { keepsPriority: false }, async ({ process, facts, path }) =>
        Promise.resolve(serverModel(process, facts, path)),
      ),
    subject: async (request) =>
      start(request, { keepsPriority: true }, async ({ process, facts }) =>
        serverSubject(process, {
          facts,
          engineName: SERVER_ENGINE_NAME,
          gpuLayers: request.gpuLayers ?? 0,
          signal: request.signal,
        }),
      ),
  };
}

interface Loaded {
  readonly process: ServerProcess;
  readonly facts: LoadedModelFacts;
  readonly path: string;
}

/** Ours come first: where a flag is given twice, the last one counts, and those that must not be are refused. */
function toFlags(request: LoadRequest, path: string, binary: ServerBinary): readonly string[] {
  const { contextTokens = DEFAULT_CONTEXT_TOKENS, threads = defaultThreads(), gpuLayers = 0 } = request;
  const always = {
    '--model': path,
    '--ctx-size': contextTokens,
    '--parallel': 1,
    '--threads': threads,
    '--n-gpu-layers': gpuLayers,
    '--batch-size': BATCH_TOKENS,
    '--ubatch-size': BATCH_TOKENS,
  };
  // No page in a browser, no download, no cache of prompts beyond the context, no second look at the memory.
  const whereKnown = [['--no-webui'], ['--offline'], ['--cache-ram', '0'], ['--fit', 'off']];
  return [
    ...Object.entries(always).flatMap(([flag, value]) => [flag, String(value)]),
    ...whereKnown.filter(([flag = '']) => binary.knows(flag)).flat(),
  ];
}

interface Started {
  readonly binary: ServerBinary;
  readonly flags: readonly string[];
  readonly path: string;
  readonly loadMs: number;
  readonly request: LoadRequest;
}

/** Throws `ENGINE_ANSWER_INVALID` where the server holds another file. */
async function readFacts(
  process: ServerProcess,
  { binary, flags, path, loadMs, request }: Started,
): Promise<LoadedModelFacts> {
  const { value } = await process.ask('/props', propsReply);
  if (value.model_path !== path) throw answerOfAnother(path, path, value.model_path);
  const threads = Number(lastValueOf(flags, ['-t', '--threads']) ?? request.threads ?? defaultThreads());
  const gpuLayers = lastValueOf(flags, ['-ngl', '--gpu-layers', '--n-gpu-layers']);
  return {
    loadMs,
    vocabularySize: process.vocabularySize,
    contextTokens: value.default_generation_settings.n_ctx,
    engineVersion: binary.version,
    engineFlags: flags,
    deviceName: gpuLayers === null ? 'cpu' : `gpu layers: ${gpuLayers}`,
    threads: Number.isInteger(threads) && threads > 0 ? threads : 0,
    missingProtections: process.missingProtections,
    peakRssBytes: await process.peakResidentBytes(),
  };
}
