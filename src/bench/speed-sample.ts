/** The speeds that one answer shows. */
import type { SubjectAnswer } from './subject.ts';

export interface SpeedSample {
  readonly timeToFirstTokenMs: number;
  readonly totalMs: number;
  readonly tokenCount: number;
  /** Of the tokens after the first, by our own clock; null where there is none. */
  readonly wallTokensPerSecond: number | null;
  /** Of the evaluation alone, as the engine states it; null where it does not. */
  readonly ownTokensPerSecond: number | null;
  readonly promptTokensPerSecond: number | null;
  /** What passes between two tokens beside their evaluation: sampling, and the way here. */
  readonly differencePerTokenUs: number | null;
}

export function toSpeedSample({
  tokenCount,
  timeToFirstTokenMs,
  totalMs,
  timings,
}: SubjectAnswer): SpeedSample {
  const steps = tokenCount - 1;
  const stepsMs = totalMs - timeToFirstTokenMs;
  const own = timings === null ? null : toRate(timings.evalTokens, timings.evalMs);
  const wall = toRate(steps, stepsMs);
  return {
    timeToFirstTokenMs,
    totalMs,
    tokenCount,
    wallTokensPerSecond: wall,
    ownTokensPerSecond: own,
    promptTokensPerSecond: timings === null ? null : toRate(timings.promptTokens, timings.promptMs),
    differencePerTokenUs: own === null || wall === null ? null : 1e6 / wall - 1e6 / own,
  };
}

function toRate(count: number, ms: number): number | null {
  return count > 0 && ms > 0 ? (count * 1000) / ms : null;
}
