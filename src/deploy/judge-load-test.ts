/** Whether what a model computed can be right: the verdict over a generation's numbers. Pure. */
import type { Warning } from '../core/index.ts';
import type { Generation, LoadedModelFacts } from '../engine/index.ts';
import type { BenchmarkSummary } from '../evidence/index.ts';
import type { CommandTestResult } from './command-test.ts';
import { DeployFailure } from './error.ts';
import type { LoadTestReport } from './types.ts';

export interface InferenceSeen {
  readonly engine: string;
  readonly facts: LoadedModelFacts;
  readonly generation: Generation;
  readonly requestedTokens: number;
  /** The name of the prompt. */
  readonly prompt: string;
  readonly summary: BenchmarkSummary | null;
}

/** The report of a passed test. Throws `DEPLOY_LOAD_TEST_FAILED` with what was measured and what is expected. */
export function judgeInference(seen: InferenceSeen): { report: LoadTestReport; warnings: Warning[] } {
  const { generation, requestedTokens, facts } = seen;
  const { logits } = generation;
  if (!logits.allFinite) {
    throw failed(
      'The model computes NaN or Infinity instead of numbers: its weights are damaged or overflow.',
      'every logit finite',
      `a logit that is not finite at step ${logits.stepsChecked}`,
    );
  }
  if (logits.allEqual) {
    throw failed(
      'The model finds every token equally likely: its weights are zero or constant.',
      'logits that differ',
      'all logits equal',
    );
  }
  const outside = generation.tokens.find((token) => token < 0 || token >= facts.vocabularySize);
  if (outside !== undefined) {
    throw failed(
      'The model produced a token that its vocabulary does not have.',
      `tokens below ${facts.vocabularySize}`,
      `token ${outside}`,
    );
  }
  if (generation.tokenCount < requestedTokens) {
    throw failed(
      'The model stopped before it had generated what was asked.',
      `${requestedTokens} tokens`,
      `${generation.tokenCount} tokens (${generation.endedBy})`,
    );
  }
  return { report: toReport(seen), warnings: toWarnings(seen) };
}

/** A report for when no inference ran. */
export function withoutInference(
  kind: 'structure' | 'skipped',
  summary: BenchmarkSummary | null,
  note: string,
): LoadTestReport {
  return {
    kind,
    passed: kind === 'structure',
    engine: null,
    engine_version: null,
    engine_flags: null,
    tokens: null,
    prompt: null,
    load_ms: null,
    time_to_first_token_ms: null,
    tokens_per_second: null,
    peak_rss_bytes: null,
    ...benchmarkFigures(summary),
    smoke_answer: null,
    note,
  };
}

/** A report for when a command of the operator's ran it and said that all is well. */
export function fromCommand(
  result: CommandTestResult,
  summary: BenchmarkSummary | null,
): { readonly report: LoadTestReport; readonly warnings: readonly Warning[] } {
  const { tokens_per_second, time_to_first_token_ms, engine, engine_version, missingProtections } = result;
  const report: LoadTestReport = {
    ...withoutInference(
      'structure',
      summary,
      'what was run, and what it looked at, is for the command to know.',
    ),
    kind: 'external',
    engine,
    engine_version,
    time_to_first_token_ms,
    tokens_per_second,
  };
  return { report, warnings: missingProtections.map(missingWarning) };
}

function toReport({ engine, facts, generation, summary, prompt }: InferenceSeen): LoadTestReport {
  return {
    kind: 'inference',
    passed: true,
    engine,
    engine_version: facts.engineVersion,
    engine_flags: facts.engineFlags ?? null,
    tokens: generation.tokenCount,
    prompt,
    load_ms: round(facts.loadMs),
    time_to_first_token_ms: round(generation.timeToFirstTokenMs),
    tokens_per_second: round(generation.tokensPerSecond),
    peak_rss_bytes: facts.peakRssBytes,
    ...benchmarkFigures(summary),
    smoke_answer: null,
    note: generation.logits.unchecked ?? null,
  };
}

function toWarnings({ facts, generation }: InferenceSeen): Warning[] {
  const missing = facts.missingProtections.map(missingWarning);
  if (!generation.repeated) return missing;
  const repeated: Warning = {
    code: 'LOAD_TEST_REPETITION',
    message: 'The model repeats itself. Greedy decoding makes sound models do so too, so this is no refusal.',
  };
  return [...missing, repeated];
}

function missingWarning(protection: string): Warning {
  return {
    code: 'ENGINE_PROTECTION_MISSING',
    message: `The load test ran without a protection: ${protection}`,
  };
}

function benchmarkFigures(
  summary: BenchmarkSummary | null,
): Pick<LoadTestReport, 'benchmark_latency_ms' | 'benchmark_tokens_per_second'> {
  return {
    benchmark_latency_ms: summary?.metrics.latency_ms.value ?? null,
    benchmark_tokens_per_second: summary?.metrics.tokens_per_sec.value ?? null,
  };
}

function failed(message: string, expected: string, received: string): DeployFailure {
  return new DeployFailure('DEPLOY_LOAD_TEST_FAILED', message, { details: { expected, received } });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
