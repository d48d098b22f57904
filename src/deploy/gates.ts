/** What the load test must show beyond a model that runs: speed floors, and a prompt with the answer it must get. Pure. */
import { escapeText, formatDuration, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { DeployFailure } from './error.ts';
import type { LoadTestReport } from './types.ts';

export interface Gates {
  readonly minTokensPerSecond: number | null;
  readonly maxFirstTokenMs: number | null;
  /** The least share of the live release's tokens/s, such as 0.9. */
  readonly minOfLive: number | null;
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
  smoke: null,
};

export function hasGates(gates: Gates): boolean {
  return Object.values(gates).some((gate) => gate !== null);
}

export function toGatesJson({ minTokensPerSecond, maxFirstTokenMs, minOfLive, smoke }: Gates): JsonObject {
  return {
    min_tokens_per_second: minTokensPerSecond,
    max_first_token_ms: maxFirstTokenMs,
    min_of_live: minOfLive,
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
    smoke: typeof prompt === 'string' ? { prompt, expect: typeof expect === 'string' ? expect : null } : null,
  };
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
  if (report.kind !== 'inference' || speed === null || firstMs === null) return;
  if (minTokensPerSecond !== null && speed < minTokensPerSecond) {
    throw tooSlow('It generates too slowly', `at least ${minTokensPerSecond} tokens/s`, `${speed} tokens/s`);
  }
  if (maxFirstTokenMs !== null && firstMs > maxFirstTokenMs) {
    const expected = `at most ${formatDuration(maxFirstTokenMs)}`;
    throw tooSlow('The first token comes too late', expected, formatDuration(firstMs));
  }
  if (minOfLive === null || liveTokensPerSecond === null) return;
  const floor = Math.round(minOfLive * liveTokensPerSecond * 100) / 100;
  if (speed >= floor) return;
  const expected = `at least ${floor} tokens/s (${minOfLive} of the ${liveTokensPerSecond} of what is live)`;
  throw tooSlow('It is slower than what is live', expected, `${speed} tokens/s`);
}

/** Whether two tests measured in the same way: only then may their speeds be compared. */
export function isComparable(
  a: Pick<LoadTestReport, 'kind' | 'engine' | 'engine_version' | 'prompt' | 'tokens'>,
  b: Pick<LoadTestReport, 'kind' | 'engine' | 'engine_version' | 'prompt' | 'tokens'>,
): boolean {
  return (
    a.kind === 'inference' &&
    b.kind === 'inference' &&
    a.engine === b.engine &&
    a.engine_version === b.engine_version &&
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
