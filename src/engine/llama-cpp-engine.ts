/** The embedded engine: llama.cpp by way of node-llama-cpp, always in a contained process, never in this one. */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';

import { escapeText, throwIfAborted } from '../core/index.ts';
import {
  compiledSibling,
  fileIdentity,
  openFileSource,
  sameIdentity,
  type FileIdentity,
} from '../system/index.ts';
import { EngineFailure } from './error.ts';
import { MAX_GENERATED_TOKENS, MAX_TEXT_BYTES } from './limits.ts';
import { notInstalled } from './llama-cpp-failures.ts';
import { findInstalledVersion } from './llama-cpp-package.ts';
import { startModelProcess, type ModelProcess } from './llama-cpp-process.ts';
import { answerReply, generationReply, loadedReply, scoreReply, tokensReply } from './llama-cpp-protocol.ts';
import type { ServingEngine, ServingModel } from './serving.ts';
import type { LoadedModelFacts, LoadRequest } from './types.ts';

export interface LlamaCppEngineOptions {
  /** The module that runs in the contained process. */
  readonly childPath?: string | URL;
  /** The module from which node-llama-cpp is looked for. */
  readonly resolveFrom?: string | URL;
}

export function createLlamaCppEngine({
  childPath = compiledSibling('llama-cpp-child', import.meta.url),
  resolveFrom = import.meta.url,
}: LlamaCppEngineOptions = {}): ServingEngine {
  return {
    name: 'llama-cpp',
    async describe() {
      const version = await findInstalledVersion(resolveFrom);
      return { name: 'llama-cpp', version, available: version !== null };
    },
    async load(request) {
      throwIfAborted(request.signal);
      if ((await findInstalledVersion(resolveFrom)) === null) throw notInstalled('it is not installed');
      const path = resolve(request.path);
      const before = await identifyFile(path, request);
      const process = await startModelProcess({
        modulePath: childPath,
        path,
        limits: request.limits,
        signal: request.signal,
        isService: request.purpose === 'service',
      });
      try {
        const loaded = await process.ask(
          {
            kind: 'load',
            path,
            contextTokens: request.contextTokens ?? null,
            threads: request.threads ?? defaultThreads(),
            gpuLayers: request.gpuLayers ?? 0,
          },
          loadedReply,
        );
        // The engine opened the path itself: what it read is the verified file only if nothing moved meanwhile.
        if (!sameIdentity(before, await fileIdentity(path)))
          throw fileChanged(path, 'it changed while it was loaded');
        return toLoadedModel(process, { ...loaded, missingProtections: process.missingProtections }, path);
      } catch (error) {
        await process.close();
        throw error;
      }
    },
  };
}

/** All but one processor, so that the machine stays usable; two threads on two processors only wait for each other. */
export function defaultThreads(processors = availableParallelism()): number {
  return processors <= 2 ? 1 : Math.min(processors - 1, MAX_DEFAULT_THREADS);
}

function toLoadedModel(process: ModelProcess, facts: LoadedModelFacts, path: string): ServingModel {
  return {
    facts,
    died: process.died,
    async generate(request) {
      assertTokens(path, request.tokens);
      assertText(path, request.prompt);
      return process.ask({ kind: 'generate', ...request }, generationReply);
    },
    async answer(request, { onText, signal, wallMs } = {}) {
      const { maxTokens, prompt } = request;
      assertTokens(path, maxTokens ?? 1);
      assertText(path, prompt.kind === 'text' ? prompt.text : JSON.stringify(prompt.messages));
      return process.ask({ kind: 'answer', ...request }, answerReply, { onText, signal, wallMs });
    },
    async score(prefix, continuation) {
      assertText(path, prefix + continuation);
      return process.ask({ kind: 'score', prefix, continuation }, scoreReply);
    },
    async tokenize(text) {
      assertText(path, text);
      return process.ask({ kind: 'tokenize', text }, tokensReply);
    },
    close: async () => process.close(),
  };
}

/** Throws what `openFileSource` does, and `ENGINE_FILE_CHANGED`. */
async function identifyFile(path: string, { expectedFile }: LoadRequest): Promise<FileIdentity> {
  const source = await openFileSource(path);
  await source.close();
  const { identity } = source;
  if (expectedFile === undefined) return identity;
  const { dev, ino, sizeBytes } = expectedFile;
  if (identity.dev === dev && identity.ino === ino && identity.sizeBytes === sizeBytes) return identity;
  throw fileChanged(path, `device ${identity.dev}, inode ${identity.ino}, ${identity.sizeBytes} bytes`, {
    expected: `device ${dev}, inode ${ino}, ${sizeBytes} bytes`,
  });
}

function fileChanged(
  path: string,
  received: string,
  { expected = 'the file that was verified' } = {},
): EngineFailure {
  return new EngineFailure(
    'ENGINE_FILE_CHANGED',
    `${escapeText(path)} is not the file that was verified: ${received}.`,
    {
      details: { path, expected, received },
    },
  );
}

function assertTokens(path: string, tokens: number): void {
  if (Number.isInteger(tokens) && tokens >= 1 && tokens <= MAX_GENERATED_TOKENS) return;
  throw invalidRequest(path, `a whole number of tokens from 1 to ${MAX_GENERATED_TOKENS}`, String(tokens));
}

function assertText(path: string, text: string): void {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > MAX_TEXT_BYTES)
    throw invalidRequest(path, `at most ${MAX_TEXT_BYTES} bytes of text`, `${sizeBytes} bytes`);
}

function invalidRequest(path: string, expected: string, received: string): EngineFailure {
  return new EngineFailure(
    'ENGINE_REQUEST_INVALID',
    `A model is asked with ${expected}; it was ${received}.`,
    {
      details: { path, expected, received },
    },
  );
}

/** Beyond this many, memory is what limits decoding, not processors. */
const MAX_DEFAULT_THREADS = 16;
