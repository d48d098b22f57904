/**
 * The contained process that runs llama.cpp, and the only file that imports node-llama-cpp. It answers one request after the
 * other and never outlives its parent; whatever goes wrong in order is told, whatever goes wrong otherwise ends it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import type * as NodeLlamaCpp from 'node-llama-cpp';
import type { Llama, LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';

import { isErrno, messageOf } from '../core/index.ts';
import { scoreContinuation } from './continuation.ts';
import { LogitsProblem, RequestProblem, type Evaluator, type Look, type Question } from './evaluator.ts';
import { generateGreedily } from './greedy.ts';
import { BATCH_TOKENS, DEFAULT_CONTEXT_TOKENS } from './limits.ts';
import type {
  ChildProblem,
  ChildRequest,
  LoadedReply,
  NumberedReply,
  NumberedRequest,
} from './llama-cpp-protocol.ts';

type Library = typeof NodeLlamaCpp;
type LoadRequest = Extract<ChildRequest, { kind: 'load' }>;

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
let loaded: Evaluator | null = null;
let queue: Promise<void> = Promise.resolve();

process.on('message', ({ id, request }: NumberedRequest) => {
  queue = (async () => {
    await queue;
    process.send?.(await reply(id, request));
  })();
});

async function reply(id: number, request: ChildRequest): Promise<NumberedReply> {
  try {
    return { id, ok: true, value: await answer(request) };
  } catch (error) {
    return { id, ok: false, problem: problemOf(error), message: messageOf(error), log: [...log] };
  }
}

async function answer(request: ChildRequest): Promise<unknown> {
  if (request.kind === 'load') {
    const { evaluator, facts } = await loadModel(request);
    loaded = evaluator;
    return facts;
  }
  if (loaded === null) throw new ChildFailure('unexpected', 'no model has been loaded');
  switch (request.kind) {
    case 'generate':
      return generateGreedily(loaded, request, () => performance.now());
    case 'score':
      return scoreContinuation(loaded, request);
    case 'tokenize':
      return loaded.tokenize(request.text);
  }
}

async function loadModel(request: LoadRequest): Promise<{ evaluator: Evaluator; facts: LoadedReply }> {
  const { path, contextTokens, threads, gpuLayers } = request;
  const library = await importLibrary();
  const llama = await startLlama(library, { threads, gpu: gpuLayers > 0 });
  const startMs = performance.now();
  let model: LlamaModel;
  let sequence: LlamaContextSequence;
  try {
    // Memory is limited from outside, and a guess beforehand would refuse what fits: mapped weights need no copy.
    model = await llama.loadModel({ modelPath: path, gpuLayers, ignoreMemorySafetyChecks: true });
    const context = await model.createContext({
      contextSize: contextTokens ?? Math.min(model.trainContextSize, DEFAULT_CONTEXT_TOKENS),
      batchSize: BATCH_TOKENS,
      threads,
      ignoreMemorySafetyChecks: true,
    });
    sequence = context.getSequence();
  } catch (error) {
    // llama.cpp's lines come through another thread, and the reason is among the last.
    await sleep(LOG_DELAY_MS);
    throw toLoadFailure(error);
  }
  const evaluator = toEvaluator(model, sequence);
  if (evaluator.vocabularySize === 0) throw new ChildFailure('load-failed', 'the model has no vocabulary');
  const facts: LoadedReply = {
    loadMs: performance.now() - startMs,
    vocabularySize: evaluator.vocabularySize,
    contextTokens: evaluator.contextTokens,
    engineVersion: `${await library.getModuleVersion()} (llama.cpp ${llama.llamaCppRelease.release})`,
    deviceName: llama.gpu === false ? 'cpu' : ((await llama.getGpuDeviceNames())[0] ?? llama.gpu),
    threads,
    // Kilobytes, says getrusage(2) on Linux; libuv makes the others say the same.
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  return { evaluator, facts };
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

function toEvaluator(model: LlamaModel, sequence: LlamaContextSequence): Evaluator {
  const vocabularySize = model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0;
  const { bos, shouldPrependBosToken } = model.tokens;
  const start: readonly Token[] = bos !== null && shouldPrependBosToken ? [bos] : [];

  const evaluate: Evaluator['evaluate'] = async (tokens, questions) => {
    const results = await sequence.controlledEvaluate(
      tokens.map((token, index) => {
        const question = questions.get(index);
        return question === undefined
          ? (token as Token)
          : [token as Token, { generateNext: toOptions(question) }];
      }),
    );
    return [...questions.keys()].map((index) => toLook(results[index]?.next));
  };
  return {
    vocabularySize,
    contextTokens: sequence.contextSize,
    tokenize: (text) => {
      const tokens = model.tokenize(text, true);
      return tokens[0] === start[0] ? tokens : [...start, ...tokens];
    },
    detokenize: (tokens) => model.detokenize(tokens as readonly Token[]),
    isEndOfGeneration: (token) => model.isEogToken(token as Token),
    clear: () => sequence.clearHistory(),
    evaluate,
    again: async (lastToken, question) => {
      const end = sequence.nextTokenIndex;
      await sequence.eraseContextTokenRanges([{ start: end - 1, end }]);
      const [look] = await evaluate([lastToken], new Map([[0, question]]));
      return look ?? toLook(undefined);
    },
  };
}

type Next = NonNullable<Awaited<ReturnType<LlamaContextSequence['controlledEvaluate']>>[number]>['next'];

/**
 * With temperature 0 and no bias, the sampler picks the token of the largest raw logit and changes none. `whole` and
 * `best` make the library sort the vocabulary, which must not happen while a NaN may be in it.
 */
function toOptions(question: Question) {
  const options = { temperature: 0 };
  const common = { token: true, totalLogitWeight: true, options };
  switch (question.kind) {
    case 'top':
      return { ...common, logits: { filter: { tokens: question.also as Token[], includeSelected: true } } };
    case 'best':
      return {
        ...common,
        logits: { filter: { tokens: [], includeTop: question.count, includeSelected: true } },
      };
    case 'whole':
      return { ...common, logits: true };
  }
}

function toLook(next: Next | undefined): Look {
  const logits: ReadonlyMap<number, number> = next?.logits ?? new Map<number, number>();
  const top = next?.token ?? null;
  return {
    top,
    topLogit: (top === null ? undefined : logits.get(top)) ?? Number.NaN,
    totalWeight: next?.totalLogitWeight ?? Number.NaN,
    logits,
  };
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
  if (error instanceof LogitsProblem) return 'logits-invalid';
  return 'unexpected';
}
