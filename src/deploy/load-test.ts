/**
 * The gate before going live: the very bytes that are to run are parsed, loaded by the engine in a contained child, and
 * asked to generate.
 */
import { dirname, join, relative } from 'node:path';
import { throwIfAborted, type Warning } from '../core/index.ts';
import type { Engine, LoadedModel } from '../engine/index.ts';
import type { BenchmarkSummary } from '../evidence/index.ts';
import {
  checkModelFiles,
  describeGguf,
  estimateMemory,
  HeaderBudget,
  readAndCheckGguf,
  type GgufCheck,
  type GgufPolicyRule,
  type NamedGguf,
} from '../gguf/index.ts';
import { checkHfDirectory } from '../hf/index.ts';
import { fileIdentity, readMemory, withFileSource } from '../system/index.ts';
import { DeployFailure } from './error.ts';
import { assertAnswer, type SmokeTest } from './gates.ts';
import { judgeInference, withoutInference } from './judge-load-test.ts';
import {
  LOAD_TEST_BASE_MS,
  LOAD_TEST_CONTEXT_TOKENS,
  MEMORY_HEADROOM,
  SLOWEST_DISK_BYTES_PER_MS,
  SMOKE_TOKENS,
} from './limits.ts';
import type { LoadTester } from './load-tester.ts';
import { memoryShort } from './plan.ts';
import { testByCommand } from './test-by-command.ts';
import type { LoadTestReport } from './types.ts';

/** What to test: model files in a folder, or a lone artifact where it lies. */
export type LoadTestSubject =
  | { readonly kind: 'gguf'; /** All shards, first one first. */ readonly paths: readonly string[] }
  | { readonly kind: 'hf-distilled'; readonly path: string };

export interface LoadTestOptions {
  readonly engine: Engine;
  /** A command takes the place of the engine; any other tester is the engine. */
  readonly tester?: LoadTester;
  /** What a command is told beside the model: `MILTON_VERSION` and the like. */
  readonly about?: Readonly<Record<string, string>>;
  readonly tokens: number;
  readonly skip: boolean;
  /** For each call of the engine, in milliseconds. Default: two minutes, and the time to read the file from a slow card. */
  readonly timeoutMs?: number | null;
  /** Asked after the fixed prompt has passed; null asks nothing. */
  readonly smoke?: SmokeTest | null;
  readonly allow?: readonly GgufPolicyRule[];
  /** Lets files of a directory pass that run code when they are loaded. */
  readonly allowUnsafeFiles?: boolean;
  readonly summary: BenchmarkSummary | null;
  /** What the machine can spare; read from it where it is not given. */
  readonly availableMemoryBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface LoadTestResult {
  readonly report: LoadTestReport;
  readonly warnings: readonly Warning[];
}

export const LOAD_TEST_SKIPPED: Warning = {
  code: 'LOAD_TEST_SKIPPED',
  message: 'The load test was skipped, as asked: nobody knows whether this model runs here.',
};

/** The fixed prompt: what it means does not matter, that it is always the same does. */
const PROMPT_NAME = 'fox-1';
const PROMPT = 'The quick brown fox jumps over the lazy dog. Once upon a time';

/** A token is at least a byte, but for the special ones around it. */
const MAX_PROMPT_TOKENS = PROMPT.length + 16;

/** Throws `GGUF_*`, `HF_*`, `ENGINE_*`, `DEPLOY_LOAD_TEST_*`, `CORE_INTERRUPTED`. */
export async function runLoadTest(
  subject: LoadTestSubject,
  options: LoadTestOptions,
): Promise<LoadTestResult> {
  throwIfAborted(options.signal);
  return subject.kind === 'gguf' ? testGguf(subject.paths, options) : testDirectory(subject.path, options);
}

/**
 * Says before any byte is moved that nothing could be tested here. Throws `DEPLOY_NO_ENGINE`, `ENGINE_BINARY_INVALID`. A
 * directory needs no engine: only its structure is checked.
 */
export async function assertEngine(
  engine: Engine,
  {
    artifactType,
    skip,
    tester,
  }: { readonly artifactType: 'gguf' | 'hf-distilled'; readonly skip: boolean; readonly tester?: LoadTester },
): Promise<void> {
  if (skip || artifactType === 'hf-distilled' || tester?.kind === 'command') return;
  const { name, available } = await engine.describe();
  if (available) return;
  throw new DeployFailure(
    'DEPLOY_NO_ENGINE',
    `The engine ${name} is not installed on this machine, so the model cannot be load-tested.`,
    { details: { expected: `the engine ${name}`, received: 'none' } },
  );
}

/** The files under `model/` of a release (given relative to it) as a subject. */
export function subjectOf(
  artifactType: 'gguf' | 'hf-distilled',
  releaseDir: string,
  modelFiles: readonly string[],
): LoadTestSubject {
  return artifactType === 'gguf'
    ? { kind: 'gguf', paths: modelFiles.map((path) => join(releaseDir, path)) }
    : { kind: 'hf-distilled', path: join(releaseDir, 'model') };
}

async function testGguf(paths: readonly string[], options: LoadTestOptions): Promise<LoadTestResult> {
  const { engine, skip, summary, tokens, signal } = options;
  const checked = await checkStructure(paths, options);
  if (skip) {
    const note = 'as asked; only the structure of the file was checked.';
    return {
      report: withoutInference('skipped', summary, note),
      warnings: [...checked.warnings, LOAD_TEST_SKIPPED],
    };
  }
  if (options.tester?.kind === 'command') {
    const context = { MILTON_CONTEXT: String(checked.contextTokens) };
    return testByCommand(paths[0] ?? '', {
      ...options,
      tester: options.tester,
      context,
      found: checked.warnings,
    });
  }
  const availableBytes = options.availableMemoryBytes ?? (await readMemory()).availableBytes;
  // What the plan could only read in the bundle is known now: the model must fit beside what runs.
  if (checked.neededBytes > availableBytes) throw memoryShort(checked.neededBytes, availableBytes);
  const [path = ''] = paths;
  const identity = await fileIdentity(path);
  const model = await engine.load({
    path,
    contextTokens: checked.contextTokens,
    // A file that claims to need much must not thereby be allowed much.
    limits: {
      memoryBytes: Math.min(checked.memoryBytes, availableBytes),
      wallMs: options.timeoutMs ?? checked.wallMs,
    },
    ...(signal === undefined ? {} : { signal }),
    ...(identity === null ? {} : { expectedFile: identity }),
  });
  try {
    const generation = await model.generate({
      prompt: PROMPT,
      tokens,
      banEndOfGeneration: true,
      checkLogits: true,
    });
    const judged = judgeInference({
      engine: engine.name,
      facts: model.facts,
      generation,
      requestedTokens: tokens,
      prompt: PROMPT_NAME,
      summary,
    });
    const smoke_answer = await askSmoke(model, options);
    return {
      report: { ...judged.report, smoke_answer },
      warnings: [...checked.warnings, ...judged.warnings],
    };
  } finally {
    await model.close();
  }
}

/** Throws `DEPLOY_SMOKE_FAILED`. */
async function askSmoke(
  model: LoadedModel,
  { smoke = null, tokens }: LoadTestOptions,
): Promise<string | null> {
  if (smoke === null) return null;
  const { text } = await model.generate({
    prompt: smoke.prompt,
    tokens: Math.max(tokens, SMOKE_TOKENS),
    banEndOfGeneration: false,
    checkLogits: false,
  });
  assertAnswer(smoke, text);
  return text;
}

interface CheckedStructure {
  readonly warnings: readonly Warning[];
  readonly contextTokens: number;
  /** To load and run it, estimated. */
  readonly neededBytes: number;
  /** What it may take before it is ended. */
  readonly memoryBytes: number;
  readonly wallMs: number;
}

async function checkStructure(
  paths: readonly string[],
  { allow = [], tokens, smoke = null, signal }: LoadTestOptions,
): Promise<CheckedStructure> {
  const budget = new HeaderBudget();
  const options = { allow, budget, ...(signal === undefined ? {} : { signal }) };
  const shards: (NamedGguf & { readonly check: GgufCheck })[] = [];
  for (const path of paths) {
    const read = await withFileSource(path, (source) => readAndCheckGguf(source, options));
    // Relative to the folder of the first, where llama.cpp looks for the others.
    shards.push({ ...read, name: relative(dirname(paths[0] ?? ''), path) });
  }
  const first = shards[0];
  if (first === undefined) {
    throw new DeployFailure('DEPLOY_LOAD_TEST_FAILED', 'The release has no GGUF to load.', {
      details: { expected: 'a .gguf file under model/', received: 'none' },
    });
  }
  checkModelFiles(shards);
  const promptTokens = Math.max(MAX_PROMPT_TOKENS, (smoke?.prompt.length ?? 0) + 16);
  const generatedTokens = Math.max(tokens, smoke === null ? 0 : SMOKE_TOKENS);
  const wantedTokens = Math.max(LOAD_TEST_CONTEXT_TOKENS, promptTokens + generatedTokens);
  const contextTokens = Math.min(wantedTokens, describeGguf(first.file).contextLength ?? wantedTokens);
  const sizeBytes = shards.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  const { totalBytes } = estimateMemory(first.file, { contextTokens });
  const neededBytes = Math.max(totalBytes, sizeBytes);
  return {
    warnings: shards.flatMap(({ check }) => check.warnings),
    contextTokens,
    neededBytes,
    memoryBytes: Math.ceil(neededBytes * MEMORY_HEADROOM),
    wallMs: LOAD_TEST_BASE_MS + Math.ceil(sizeBytes / SLOWEST_DISK_BYTES_PER_MS),
  };
}

async function testDirectory(path: string, options: LoadTestOptions): Promise<LoadTestResult> {
  const { skip, tester, summary, allowUnsafeFiles = false, signal } = options;
  const facts = await checkHfDirectory(path, { allowUnsafeFiles, signal });
  if (tester?.kind === 'command' && !skip) {
    return testByCommand(path, { ...options, tester, context: {}, found: facts.warnings });
  }
  const note = skip
    ? 'as asked; only the structure of the directory was checked.'
    : 'checked, not run: there is no engine for a Hugging Face directory here.';
  const report = withoutInference(skip ? 'skipped' : 'structure', summary, note);
  return { report, warnings: facts.warnings };
}
