/**
 * The contained process that runs llama.cpp, and the only file that loads node-llama-cpp. It answers one request after the
 * other and never outlives its parent; whatever goes wrong in order is told, whatever goes wrong otherwise ends it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import type * as NodeLlamaCpp from 'node-llama-cpp';
import type { Llama, LlamaContext, LlamaContextSequence, LlamaModel } from 'node-llama-cpp';

import { isErrno, messageOf } from '../core/index.ts';
import { answerPrompt, ChatProblem, GrammarProblem, type Speaker } from './answer.ts';
import { scoreContinuation } from './continuation.ts';
import { LogitsProblem, RequestProblem } from './evaluator.ts';
import { generateGreedily } from './greedy.ts';
import { BATCH_TOKENS, DEFAULT_CONTEXT_TOKENS } from './limits.ts';
import { toEngineVersion } from './llama-cpp-package.ts';
import type {
  Cancellation,
  ChildProblem,
  ChildRequest,
  LoadedReply,
  NumberedPart,
  NumberedReply,
  NumberedRequest,
} from './llama-cpp-protocol.ts';
import { toSpeaker } from './llama-cpp-speaker.ts';
import { ownTimings, type OwnTimings } from './llama-cpp-timings.ts';
import { scoreEach, type RewindingEvaluator } from './score-each.ts';
import { describeTokenizer, tokenizeAll } from './llama-cpp-vocabulary.ts';
import { scoreTokens } from './token-scores.ts';

type Library = typeof NodeLlamaCpp;
type LoadRequest = Extract<ChildRequest, { kind: 'load' }>;

interface Loaded {
  readonly speaker: Speaker & RewindingEvaluator;
  readonly timings: OwnTimings;
  readonly vramBytes: () => number | null;
}

/** Every failure of ours, with the kind that the parent tells apart. */
class ChildFailure extends Error {
  readonly problem: ChildProblem;
  constructor(problem: ChildProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.problem = problem;
  }
}

const MAX_LOG_LINES = 40;
const LOG_DELAY_MS = 100;
const log: string[] = [];
let loaded: Loaded | null = null;
/** Takes llama.cpp's lines of the level `info` while somebody wants them. */
let onInfo: ((line: string) => void) | null = null;
let vocabulary: LlamaModel | null = null;
let queue: Promise<void> = Promise.resolve();

const running = new Map<number, AbortController>();

process.on('message', (message: NumberedRequest | Cancellation) => {
  if ('cancel' in message) {
    running.get(message.cancel)?.abort();
    return;
  }
  const { id, request } = message;
  const controller = new AbortController();
  running.set(id, controller);
  queue = (async () => {
    await queue;
    const done = await reply(id, request, controller.signal);
    running.delete(id);
    process.send?.(done);
  })();
});

// A service manager sends these to every process of a service; when this one ends is its parent's affair.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});

async function reply(id: number, request: ChildRequest, signal: AbortSignal): Promise<NumberedReply> {
  try {
    return { id, ok: true, value: await answer(request, { id, signal }) };
  } catch (error) {
    // Why a grammar is none stands in the log, which comes through another thread.
    if (error instanceof GrammarProblem) await sleep(LOG_DELAY_MS);
    return { id, ok: false, problem: problemOf(error), message: messageOf(error), log: [...log] };
  }
}

async function answer(
  request: ChildRequest,
  { id, signal }: { readonly id: number; readonly signal: AbortSignal },
): Promise<unknown> {
  if (request.kind === 'load') {
    const { facts, ...model } = await loadModel(request);
    loaded = model;
    return facts;
  }
  if (request.kind === 'load-tokenizer') {
    vocabulary = await loadVocabulary(request.path);
    return describeTokenizer(vocabulary);
  }
  if (request.kind === 'tokenize-all') {
    if (vocabulary === null) throw new ChildFailure('unexpected', 'no tokenizer has been loaded');
    return tokenizeAll(vocabulary, request);
  }
  if (loaded === null) throw new ChildFailure('unexpected', 'no model has been loaded');
  const { speaker, timings, vramBytes } = loaded;
  switch (request.kind) {
    case 'generate':
      return generateGreedily(speaker, request, () => performance.now());
    case 'answer': {
      const onText = (text: string): void => void process.send?.({ id, text } satisfies NumberedPart);
      if (request.wantsTimings === true) await timings.reset();
      const answered = await answerPrompt(speaker, request, { onText, signal, now: () => performance.now() });
      const own = request.wantsTimings === true ? await timings.read() : null;
      return own === null ? answered : { ...answered, timings: own };
    }
    case 'score':
      return scoreContinuation(speaker, request);
    case 'score-each':
      return scoreEach(speaker, request);
    case 'score-tokens':
      return scoreTokens(speaker, request.tokens, { from: request.from });
    case 'tokenize':
      return speaker.tokenize(request.text);
    case 'resources': {
      const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
      const cpuMs = (userCPUTime + systemCPUTime) / 1000;
      return { peakRssBytes: maxRSS * 1024, vramBytes: vramBytes(), cpuMs };
    }
  }
}

async function loadModel(request: LoadRequest): Promise<Loaded & { facts: LoadedReply }> {
  const { path, contextTokens, threads, gpuLayers } = request;
  const library = await importLibrary();
  const llama = await startLlama(library, { threads, gpu: gpuLayers > 0 });
  const startMs = performance.now();
  let model: LlamaModel;
  let context: LlamaContext;
  let sequence: LlamaContextSequence;
  try {
    // Memory is limited from outside, and a guess beforehand would refuse what fits: mapped weights need no copy.
    model = await llama.loadModel({ modelPath: path, gpuLayers, ignoreMemorySafetyChecks: true });
    context = await model.createContext({
      contextSize: contextTokens ?? Math.min(model.trainContextSize, DEFAULT_CONTEXT_TOKENS),
      batchSize: BATCH_TOKENS,
      threads,
      // A clock is read before and after a batch; nothing is printed by itself.
      performanceTracking: true,
      ignoreMemorySafetyChecks: true,
    });
    sequence = context.getSequence();
  } catch (error) {
    // llama.cpp's lines come through another thread, and the reason is among the last.
    await sleep(LOG_DELAY_MS);
    throw toLoadFailure(error);
  }
  const speaker = toSpeaker(library, model, sequence);
  if (speaker.vocabularySize === 0) throw new ChildFailure('load-failed', 'the model has no vocabulary');
  const facts: LoadedReply = {
    loadMs: performance.now() - startMs,
    vocabularySize: speaker.vocabularySize,
    contextTokens: speaker.contextTokens,
    engineVersion: toEngineVersion(await library.getModuleVersion(), llama.llamaCppRelease.release),
    deviceName: llama.gpu === false ? 'cpu' : ((await llama.getGpuDeviceNames())[0] ?? llama.gpu),
    threads,
    // Kilobytes, says getrusage(2) on Linux; libuv makes the others say the same.
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  return {
    speaker,
    facts,
    timings: ownTimings({
      print: () => context.printTimings(),
      listen: (onLine) => {
        onInfo = onLine;
        llama.logLevel = library.LlamaLogLevel.info;
        return () => {
          onInfo = null;
          llama.logLevel = library.LlamaLogLevel.warn;
        };
      },
    }),
    vramBytes: () =>
      llama.gpu === false ? null : Math.round(model.memoryUsage.vram + context.memoryUsage.vram),
  };
}

async function loadVocabulary(path: string): Promise<LlamaModel> {
  const library = await importLibrary();
  const llama = await startLlama(library, { threads: 1, gpu: false });
  try {
    return await llama.loadModel({ modelPath: path, vocabOnly: true, ignoreMemorySafetyChecks: true });
  } catch (error) {
    await sleep(LOG_DELAY_MS);
    throw toLoadFailure(error);
  }
}

async function importLibrary(): Promise<Library> {
  try {
    return await import('node-llama-cpp');
  } catch (error) {
    if (isErrno(error, 'ERR_MODULE_NOT_FOUND'))
      throw new ChildFailure('not-installed', messageOf(error), error);
    throw error;
  }
}

async function startLlama(
  { getLlama, LlamaLogLevel, NoBinaryFoundError }: Library,
  { threads, gpu }: { readonly threads: number; readonly gpu: boolean },
): Promise<Llama> {
  try {
    return await getLlama({
      gpu: gpu ? 'auto' : false,
      build: 'never',
      skipDownload: true,
      progressLogs: false,
      maxThreads: threads,
      logLevel: LlamaLogLevel.warn,
      logger: (level, message) => {
        if (level === LlamaLogLevel.info) {
          onInfo?.(message);
          return;
        }
        log.push(`${level}: ${message.trim()}`);
        if (log.length > MAX_LOG_LINES) log.shift();
      },
    });
  } catch (error) {
    if (error instanceof NoBinaryFoundError) {
      throw new ChildFailure(
        'not-installed',
        'it is installed, but without its build for this machine',
        error,
      );
    }
    throw error;
  }
}

function toLoadFailure(error: unknown): ChildFailure {
  // The first error is the reason, the later ones are what follows from it.
  const reason = log.find((line) => /^(?:error|fatal):/.test(line))?.replace(/^\w+: /, '');
  const message = messageOf(error);
  const text = `${message}\n${log.join('\n')}`;
  const memory =
    /insufficient memory|bad_alloc|failed to allocate|unable to allocate|Cannot allocate memory|allocation failed/i;
  if (memory.test(text)) return new ChildFailure('out-of-memory', reason ?? message, error);
  return new ChildFailure('load-failed', reason ?? message, error);
}

function problemOf(error: unknown): ChildProblem {
  if (error instanceof ChildFailure) return error.problem;
  if (error instanceof RequestProblem) return 'request-invalid';
  if (error instanceof ChatProblem) return 'chat-unsupported';
  if (error instanceof GrammarProblem) return 'grammar-invalid';
  if (error instanceof LogitsProblem) return 'logits-invalid';
  return 'unexpected';
}
