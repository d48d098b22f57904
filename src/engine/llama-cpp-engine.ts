/** The embedded engine: llama.cpp by way of node-llama-cpp, always in a contained process, never in this one. */
import { resolve } from 'node:path';

import { throwIfAborted } from '../core/index.ts';
import { compiledSibling } from '../system/index.ts';
import { defaultThreads } from './default-threads.ts';
import { EngineFailure } from './error.ts';
import { notInstalled } from './llama-cpp-failures.ts';
import { findLlamaCppLibrary } from './llama-cpp-library.ts';
import { findInstalledVersion, toEngineVersion } from './llama-cpp-package.ts';
import { startModelProcess, type ModelProcess } from './llama-cpp-process.ts';
import {
  answerReply,
  generationReply,
  loadedReply,
  resourcesReply,
  scoreReply,
  scoresReply,
  tokensReply,
} from './llama-cpp-protocol.ts';
import type { MeasurableModel } from './measurable.ts';
import { assertGrammar, assertText, assertTokenCount } from './request-limits.ts';
import type { ServingEngine, ServingLoadRequest } from './serving.ts';
import type { LoadedModelFacts, TokenScoringModel } from './types.ts';
import { assertUnchanged, identifyFile } from './verified-file.ts';

export interface LlamaCppEngineOptions {
  /** The module that runs in the contained process. */
  readonly childPath?: string | URL;
  /** The module from which node-llama-cpp is looked for. */
  readonly resolveFrom?: string | URL;
}

/** The engine that can do all that is asked of any. */
export interface LlamaCppEngine extends ServingEngine {
  load(request: ServingLoadRequest): Promise<LlamaCppModel>;
  /** As its models state it, without loading one; null where it is not installed, or has no build for this machine. */
  version(): Promise<string | null>;
}

export interface LlamaCppModel extends MeasurableModel, TokenScoringModel {}

export function createLlamaCppEngine({
  childPath = compiledSibling('llama-cpp-child', import.meta.url),
  resolveFrom = import.meta.url,
}: LlamaCppEngineOptions = {}): LlamaCppEngine {
  return {
    name: 'llama-cpp',
    async describe() {
      const version = await findInstalledVersion(resolveFrom);
      return { name: 'llama-cpp', version, available: version !== null };
    },
    async version() {
      const installed = await findInstalledVersion(resolveFrom);
      const library = await findLlamaCppLibrary({ resolveFrom });
      return installed === null || library === null ? null : toEngineVersion(installed, library.release);
    },
    async load(request) {
      throwIfAborted(request.signal);
      if ((await findInstalledVersion(resolveFrom)) === null) throw notInstalled('it is not installed');
      const path = resolve(request.path);
      const before = await identifyFile(path, request.expectedFile);
      const process = await startModelProcess({
        modulePath: childPath,
        path,
        limits: request.limits,
        signal: request.signal,
        isService: request.purpose === 'service',
        keepsPriority: request.purpose === 'service' || request.purpose === 'measurement',
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
        // The engine opened the path itself.
        await assertUnchanged(path, before);
        return toLoadedModel(process, { ...loaded, missingProtections: process.missingProtections }, path);
      } catch (error) {
        await process.close();
        throw error;
      }
    },
  };
}

function toLoadedModel(process: ModelProcess, facts: LoadedModelFacts, path: string): LlamaCppModel {
  return {
    facts,
    died: process.died,
    async generate(request) {
      assertTokenCount(path, request.tokens);
      assertText(path, request.prompt);
      return process.ask({ kind: 'generate', ...request }, generationReply);
    },
    async answer(request, { onText, signal, wallMs } = {}) {
      const { maxTokens, prompt, constraint } = request;
      assertTokenCount(path, maxTokens ?? 1);
      if (constraint !== undefined) assertGrammar(path, constraint.grammar);
      assertText(path, prompt.kind === 'text' ? prompt.text : JSON.stringify(prompt.messages));
      return process.ask({ kind: 'answer', ...request }, answerReply, { onText, signal, wallMs });
    },
    async score(prefix, continuation) {
      assertText(path, prefix + continuation);
      return process.ask({ kind: 'score', prefix, continuation }, scoreReply);
    },
    async scoreEach(prefix, continuations) {
      assertText(path, prefix + continuations.join(''));
      const scores = await process.ask({ kind: 'score-each', prefix, continuations }, scoresReply);
      if (scores.length === continuations.length) return scores;
      const message = `The engine scored ${scores.length} texts of ${continuations.length}.`;
      throw new EngineFailure('ENGINE_ANSWER_INVALID', message, { details: { path } });
    },
    async resources() {
      return process.ask({ kind: 'resources' }, resourcesReply);
    },
    async scoreTokens(tokens, { from }) {
      return process.ask({ kind: 'score-tokens', tokens, from }, scoreReply);
    },
    async tokenize(text) {
      assertText(path, text);
      return process.ask({ kind: 'tokenize', text }, tokensReply);
    },
    close: async () => process.close(),
  };
}
