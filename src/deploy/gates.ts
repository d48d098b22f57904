/** What the load test must show beyond a model that runs: speed floors, and a prompt with the answer it must get. Pure. */
import { escapeText, formatDuration, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { DeployFailure } from './error.ts';
import type { MeasuredOn } from '../evidence/index.ts';
import type { LoadTestReport } from './types.ts';

export interface Gates {
  readonly minTokensPerSecond: number | null;
  readonly maxFirstTokenMs: number | null;
  /** The least share of the live release's tokens/s, such as 0.9. */
  readonly minOfLive: number | null;
  /** The least share of the benchmark's tokens/s, where that was measured on this machine with this engine. */
  readonly minOfBenchmark: number | null;
  readonly smoke: SmokeTest | null;
}

/** A raw prompt (no chat template around it) and what the answer must match. */
export interface SmokeTest {
  readonly prompt: string;
  /** The source of a JavaScript regular expression; null where any answer will do. */
  readonly expect: string | null;
}

export const NO_GATES: Gates = {
  minTokensPerSecond: null,
  maxFirstTokenMs: null,
  minOfLive: null,
  minOfBenchmark: null,
  smoke: null,
};

export function hasGates(gates: Gates): boolean {
  return Object.values(gates).some((gate) => gate !== null);
}

export function toGatesJson(gates: Gates): JsonObject {
  const { smoke } = gates;
  return {
    min_tokens_per_second: gates.minTokensPerSecond,
    max_first_token_ms: gates.maxFirstTokenMs,
    min_of_live: gates.minOfLive,
    min_of_benchmark: gates.minOfBenchmark,
    smoke: smoke === null ? null : { ...smoke },
  };
}

/** What the journal says of an earlier deployment; what cannot be followed counts as not asked for. */
export function parseGates(value: JsonValue | undefined): Gates {
  if (value === undefined || !isJsonObject(value)) return NO_GATES;
  const { smoke } = value;
  const prompt = smoke !== undefined && isJsonObject(smoke) ? smoke['prompt'] : null;
  const expect = smoke !== undefined && isJsonObject(smoke) ? smoke['expect'] : null;
  return {
    minTokensPerSecond: positiveOf(value['min_tokens_per_second']),
    maxFirstTokenMs: positiveOf(value['max_first_token_ms']),
    minOfLive: positiveOf(value['min_of_live']),
    minOfBenchmark: positiveOf(value['min_of_benchmark']),
    smoke: typeof prompt === 'string' ? { prompt, expect: typeof expect === 'string' ? expect : null } : null,
  };
}

/** Throws `DEPLOY_GATE_UNTESTED` where the figure that a floor is about is not told. */
export function assertFigures(
  { tokens_per_second, time_to_first_token_ms }: LoadTestReport,
  gates: Gates,
): void {
  const { minTokensPerSecond, minOfLive, minOfBenchmark, maxFirstTokenMs } = gates;
  const wantsSpeed = minTokensPerSecond !== null || minOfLive !== null || minOfBenchmark !== null;
  const missing = [
    ...(wantsSpeed && tokens_per_second === null ? ['tokens_per_second'] : []),
    ...(maxFirstTokenMs !== null && time_to_first_token_ms === null ? ['time_to_first_token_ms'] : []),
  ];
  if (missing.length === 0) return;
  const names = missing.join(' and ');
  throw new DeployFailure(
    'DEPLOY_GATE_UNTESTED',
    `The load test must meet a floor, and did not tell ${names}.`,
    {
      hint: 'Let the load test command print the figures as one JSON object, or leave the floor away.',
      details: { expected: `a JSON object with ${names}`, received: 'none' },
    },
  );
}

/**
 * Throws `DEPLOY_TOO_SLOW` with what was measured and what is expected. `liveTokensPerSecond` is that of the release that
 * is live, measured in the same way; null where nothing is live.
 */
export function assertFastEnough(
  report: LoadTestReport,
  { minTokensPerSecond, maxFirstTokenMs, minOfLive }: Gates,
  liveTokensPerSecond: number | null,
): void {
  const { tokens_per_second: speed, time_to_first_token_ms: firstMs } = report;
  if (minTokensPerSecond !== null && speed !== null && speed < minTokensPerSecond) {
    throw tooSlow('It generates too slowly', `at least ${minTokensPerSecond} tokens/s`, `${speed} tokens/s`);
  }
  if (maxFirstTokenMs !== null && firstMs !== null && firstMs > maxFirstTokenMs) {
    const expected = `at most ${formatDuration(maxFirstTokenMs)}`;
    throw tooSlow('The first token comes too late', expected, formatDuration(firstMs));
  }
  if (minOfLive === null || liveTokensPerSecond === null || speed === null) return;
  const floor = Math.round(minOfLive * liveTokensPerSecond * 100) / 100;
  if (speed >= floor) return;
  const expected = `at least ${floor} tokens/s (${minOfLive} of the ${liveTokensPerSecond} of what is live)`;
  throw tooSlow('It is slower than what is live', expected, `${speed} tokens/s`);
}

/** What a benchmark must be for a floor to be relative to it. */
export interface BenchmarkSide {
  /** What the run says of itself; null where it says nothing, or there is none. */
  readonly measuredOn: MeasuredOn | null;
  /** Null where this machine cannot be told from others. */
  readonly machineSha256: string | null;
}

/** Throws `DEPLOY_BENCHMARK_ELSEWHERE`, `DEPLOY_TOO_SLOW`. */
export function assertBenchmarkFloor(
  report: LoadTestReport,
  { minOfBenchmark }: Pick<Gates, 'minOfBenchmark'>,
  side: BenchmarkSide,
): void {
  if (minOfBenchmark === null) return;
  assertSameMachine(side);
  const { measuredOn } = side;
  const ours = describeEngine(report);
  const theirs = measuredOn === null || measuredOn.engine === null ? null : describeEngine(measuredOn);
  if (ours === null || theirs !== ours) {
    const received = theirs ?? 'a run that does not say which';
    throw elsewhere(
      'The benchmark was measured with another engine',
      ours ?? 'the engine of the load test',
      received,
    );
  }
  const { benchmark_tokens_per_second: benchmark, tokens_per_second: speed } = report;
  if (benchmark === null || speed === null) {
    throw elsewhere('The benchmark has no speed of this model', 'tokens_per_sec of the run', 'none');
  }
  const floor = Math.round(minOfBenchmark * benchmark * 100) / 100;
  if (speed >= floor) return;
  const expected = `at least ${floor} tokens/s (${minOfBenchmark} of the ${benchmark} of the benchmark)`;
  throw tooSlow('It is slower than the benchmark', expected, `${speed} tokens/s`);
}

/** Known before anything is run. Throws `DEPLOY_BENCHMARK_ELSEWHERE`. */
export function assertSameMachine({ measuredOn, machineSha256 }: BenchmarkSide): void {
  if (machineSha256 === null) {
    throw elsewhere('This machine has no /etc/machine-id to be known by', 'a machine-id', 'none');
  }
  const theirs = measuredOn?.machine_sha256 ?? null;
  if (theirs === machineSha256) return;
  const message =
    theirs === null
      ? 'The benchmark does not say on which machine it was measured'
      : 'The benchmark was measured on another machine';
  throw elsewhere(
    message,
    `machine sha256:${machineSha256}`,
    theirs === null ? 'none' : `machine sha256:${theirs}`,
  );
}

/** Null where it does not name both, engine and version. */
function describeEngine(
  of: Pick<LoadTestReport, 'engine' | 'engine_version' | 'engine_flags'>,
): string | null {
  const { engine, engine_version, engine_flags } = of;
  if (engine === null || engine_version === null) return null;
  const flags = engine_flags === null || engine_flags.length === 0 ? [] : ['with', ...engine_flags];
  return escapeText([engine, engine_version, ...flags].join(' '), 300);
}

function elsewhere(message: string, expected: string, received: string): DeployFailure {
  return new DeployFailure(
    'DEPLOY_BENCHMARK_ELSEWHERE',
    `${message}, so the load test cannot be held against it.`,
    { details: { expected, received } },
  );
}

/** Whether two tests measured in the same way: only then may their speeds be compared. */
export function isComparable(
  a: Pick<LoadTestReport, 'kind' | 'engine' | 'engine_version' | 'engine_flags' | 'prompt' | 'tokens'>,
  b: Pick<LoadTestReport, 'kind' | 'engine' | 'engine_version' | 'engine_flags' | 'prompt' | 'tokens'>,
): boolean {
  return (
    a.kind === 'inference' &&
    b.kind === 'inference' &&
    a.engine === b.engine &&
    a.engine_version === b.engine_version &&
    JSON.stringify(a.engine_flags ?? []) === JSON.stringify(b.engine_flags ?? []) &&
    a.prompt === b.prompt &&
    a.tokens === b.tokens
  );
}

/** Throws `DEPLOY_SMOKE_FAILED` with the answer. */
export function assertAnswer({ prompt, expect }: SmokeTest, answer: string): void {
  if (expect === null || new RegExp(expect, 'u').test(answer)) return;
  throw new DeployFailure(
    'DEPLOY_SMOKE_FAILED',
    `The model does not answer ${JSON.stringify(escapeText(prompt, 80))} as it must.`,
    { details: { expected: `text that matches /${escapeText(expect)}/`, received: escapeText(answer, 200) } },
  );
}

function positiveOf(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && value > 0 ? value : null;
}

function tooSlow(message: string, expected: string, received: string): DeployFailure {
  return new DeployFailure('DEPLOY_TOO_SLOW', `${message} on this machine: ${received}.`, {
    details: { expected, received },
  });
}
