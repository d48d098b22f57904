/** Runs as `milton bench` writes them, with samples, cases and queries, from made-up models of given speed and quality. */
import { summarize } from '../../src/bench/index.ts';
import type { JsonObject } from '../../src/core/index.ts';
import type { BenchmarkRun, Candidate, Metric } from '../../src/evidence/index.ts';
import { toCandidate, toRun } from './benchmark-run.ts';

export interface MeasuredModel {
  /** Milliseconds to the first token, of a prompt of middle length. */
  readonly latencyMs?: number;
  readonly tokensPerSecond?: number;
  /** Of 24 cases, the first so many. */
  readonly passed?: number;
  /** Of 30 queries, the first so many score 1. */
  readonly found?: number;
  /** What single samples scatter by. */
  readonly scatter?: number;
  /** What the scatter is drawn from: another number, other samples. */
  readonly seed?: number;
  readonly sha256?: string;
  readonly noisyBecause?: readonly string[];
  readonly threads?: number;
  readonly seen?: boolean;
  /** In place of all metrics. */
  readonly error?: string;
}

export const PROMPTS = ['tides', 'riddle', 'code', 'summary', 'poem', 'steps', 'causes', 'chat'] as const;

export function measuredCandidate(version: string, model: MeasuredModel = {}): Candidate {
  const { sha256 = 'ab'.repeat(32), noisyBecause = [], threads = 1, error } = model;
  const metrics = error === undefined ? toMetrics(model) : failedMetrics(error);
  const conditions: JsonObject = {
    started_at: '2026-01-11T20:28:01.000Z',
    finished_at: '2026-01-11T20:29:31.000Z',
    load_average: { before: 0.2, after: 0.9 },
    throttled: false,
    noisy: noisyBecause.length > 0,
    noisy_because: noisyBecause,
    threads,
    context_tokens: 512,
    gpu_layers: 0,
    device: 'CPU',
  };
  const candidate = {
    ...toCandidate(version),
    file_size_mb: 1.2,
    parameter_count: 2_030_000,
    metrics,
    artifact: { type: 'gguf', path: `/srv/models/${version}.gguf`, sha256, size_bytes: 1_250_000 } as const,
    conditions: error === undefined ? conditions : null,
  };
  return candidate;
}

export function measuredRun(
  candidates: readonly Candidate[],
  {
    runId = 'benchmark_20260111_202801',
    ...milton
  }: { readonly runId?: string } & BenchmarkRun['milton'] = {},
): BenchmarkRun {
  const extras = {
    node_version: 'v20.19.0',
    incomplete: false,
    suite_sha256: 'cd'.repeat(32),
    machine_sha256: 'ef'.repeat(32),
    engine: 'llama-cpp',
    engine_version: '3.22.1',
    engine_flags: [],
    suite: {
      name: 'Milton sample suite',
      cases: { speed: 8, cove: 24, retrieval: 30 },
      sampled: null,
      seen_by: ['sample-2m'],
    },
    budget_ms: null,
  };
  return toRun(candidates, { metadata: { run_id: runId }, milton: { ...extras, ...milton } });
}

function toMetrics(model: MeasuredModel): Candidate['metrics'] {
  const { latencyMs = 20, tokensPerSecond = 400 } = model;
  const ok = (value: number, metadata: JsonObject = {}): Metric => ({
    status: 'ok',
    value,
    error_message: null,
    metadata,
  });
  const times = toSpeed(latencyMs, model, (base, off) => base * off);
  const rates = toSpeed(tokensPerSecond, model, (base, off) => base / off);
  return {
    latency_ms: ok(latencyMs, {
      metric: 'first_token_latency',
      ...times,
      total_latency_ms: summarize([180, 190, 200, 210, 220, 230]),
      load_ms: 41,
    }),
    tokens_per_sec: ok(tokensPerSecond, {
      source: 'llama.cpp',
      ...rates,
      wall_clock: summarize([tokensPerSecond * 0.8, tokensPerSecond * 0.82]),
      prompt_tokens_per_sec: summarize([tokensPerSecond * 3]),
      difference_per_token_us: 612,
    }),
    peak_ram_mb: ok(94.2),
    peak_vram_mb: {
      status: 'skipped',
      value: null,
      error_message: 'the model ran on the processor alone',
      metadata: {},
    },
    cove_pass_rate: toCove(model),
    retrieval_score: toRetrieval(model),
  };
}

function toSpeed(
  base: number,
  { scatter = 0.02, seed = 0 }: MeasuredModel,
  combine: (base: number, off: number) => number,
): JsonObject {
  const prompts = PROMPTS.map((id, prompt) => {
    const middle = base * [0.5, 0.6, 0.9, 1, 1, 1.6, 2.2, 4][prompt]!;
    const samples = Array.from({ length: 10 }, (_, round) =>
      combine(middle, 1 + scatter * Math.sin(1000 * (seed + 1) * (prompt + 1) * (round + 1))),
    );
    return { id, category: 'factual', summary: summarize(samples), samples };
  });
  const all = prompts.flatMap(({ samples }) => samples);
  return {
    summary: summarize(all),
    value_interval_95: [base * 0.98, base * 1.03],
    prompts,
    samples: all,
    rounds: 10,
    settled: true,
    spread: 0.03,
    chat_template: true,
  };
}

function toCove({ passed = 23, seen = false }: MeasuredModel): Metric {
  const cases = Array.from({ length: 24 }, (_, index) => ({
    id: `case-${index + 1}`,
    category: ['facts', 'dates', 'arithmetic', 'units', 'code', 'logic'][index % 6]!,
    draft_is_right: index % 2 === 0,
    passed: index < passed,
    final_answer: index < passed ? 'Ankara' : 'Istanbul',
    final_right: index < passed,
    verdict: index < passed ? 'correct' : 'incorrect',
    verdict_right: index < passed,
    checks: [],
    error: null,
  }));
  const value = (100 * passed) / cases.length;
  return {
    status: 'ok',
    value,
    error_message: null,
    metadata: {
      passed,
      count: cases.length,
      interval_95: [Math.max(0, value - 12), Math.min(100, value + 5)],
      final_right: passed,
      verdict_right: passed,
      cases,
      constrained: true,
      chat_template: true,
      seen,
    },
  };
}

function toRetrieval({ found = 26 }: MeasuredModel): Metric {
  const queries = Array.from({ length: 30 }, (_, index) => ({
    id: `query-${index + 1}`,
    f1: index < found ? 1 : 0,
    relevant: [`doc-${index}`],
    ranked: index < found ? [`doc-${index}`, 'doc-40'] : ['doc-40', `doc-${index}`],
  }));
  const value = (100 * found) / queries.length;
  return {
    status: 'ok',
    value,
    error_message: null,
    metadata: {
      method: 'query_likelihood',
      count: queries.length,
      documents: 40,
      interval_95: [Math.max(0, value - 10), Math.min(100, value + 10)],
      keyword_baseline: 41.7,
      queries,
    },
  };
}

function failedMetrics(error_message: string): Candidate['metrics'] {
  const failed: Metric = {
    status: 'error',
    value: null,
    error_message,
    metadata: { code: 'ENGINE_CRASHED' },
  };
  return {
    latency_ms: failed,
    tokens_per_sec: failed,
    peak_ram_mb: failed,
    peak_vram_mb: failed,
    cove_pass_rate: failed,
    retrieval_score: failed,
  };
}
