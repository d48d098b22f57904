/**
 * Times answers: rounds through all prompts, after a warm-up, until the median of every prompt is known well enough. Rounds, since
 * a machine that changes its pace while it is measured then does so for every prompt alike.
 */
import { createAsker } from './ask.ts';
import { BenchFailure } from './error.ts';
import { MAX_ROUNDS, MAX_SPEED_MS, MIN_ROUNDS, SPEED_TOLERANCE, WARM_UP_ANSWERS } from './limits.ts';
import { toSpeedSample, type SpeedSample } from './speed-sample.ts';
import { spreadOf } from './speed-spread.ts';
import type { BenchSubject } from './subject.ts';
import type { SpeedPrompt } from './suite.ts';

export interface MeasureSpeedOptions {
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  readonly signal?: AbortSignal | undefined;
  /** Default: as many as it takes, between `MIN_ROUNDS` and `MAX_ROUNDS`. */
  readonly rounds?: { readonly min?: number | undefined; readonly max?: number | undefined } | undefined;
  readonly maxMs?: number | undefined;
  readonly tolerance?: number | undefined;
  /** After each round; `spread` is the widest of what is still to be known better. */
  readonly onRound?: ((round: number, spread: number) => void) | undefined;
}

export interface SpeedMeasurement {
  readonly prompts: readonly PromptSamples[];
  readonly rounds: number;
  /** How far the widest interval of a median reaches from it, as a share of it; infinite before the sixth round. */
  readonly spread: number;
  readonly settled: boolean;
  readonly usesChatTemplate: boolean | null;
  /** False where the signal came before the medians were known. */
  readonly isComplete: boolean;
}

export interface PromptSamples {
  readonly id: string;
  readonly category: string;
  /** As many for each prompt. */
  readonly samples: readonly SpeedSample[];
}

/** Throws what the engine throws, and `BENCH_ANSWER_UNUSABLE` for an answer without a token. */
export async function measureSpeed(
  subject: BenchSubject,
  prompts: readonly SpeedPrompt[],
  {
    now,
    signal,
    rounds: { min = MIN_ROUNDS, max = MAX_ROUNDS } = {},
    maxMs = MAX_SPEED_MS,
    tolerance = SPEED_TOLERANCE,
    onRound,
  }: MeasureSpeedOptions,
): Promise<SpeedMeasurement> {
  const asker = createAsker(subject);
  const taken = prompts.map(({ id, category }) => ({ id, category, samples: [] as SpeedSample[] }));
  const ask = async ({ id, prompt, maxTokens }: SpeedPrompt): Promise<SpeedSample | null> => {
    if (isAborted(signal)) return null;
    const answer = await asker
      .ask(prompt, { maxTokens, ...(signal === undefined ? {} : { signal }) })
      .catch((error: unknown) => {
        // A server's answer that was broken off is an error, an engine's own an answer that was cancelled.
        if (isAborted(signal)) return null;
        throw error;
      });
    if (answer === null || answer.endedBy === 'cancelled') return null;
    if (answer.tokenCount > 0) return toSpeedSample(answer);
    throw new BenchFailure('BENCH_ANSWER_UNUSABLE', `The model answered the prompt ${id} with no token.`, {
      details: { prompt: id, expected: 'at least 1 token', received: '0 tokens' },
    });
  };

  let isCut = false;
  for (const prompt of prompts.slice(0, WARM_UP_ANSWERS)) isCut ||= (await ask(prompt)) === null;
  const startMs = now();
  let rounds = 0;
  let spread = Number.POSITIVE_INFINITY;
  while (!isCut && rounds < max && (rounds < min || (spread > tolerance && now() - startMs < maxMs))) {
    const round: SpeedSample[] = [];
    for (const prompt of prompts) {
      const sample = await ask(prompt);
      if (sample === null) break;
      round.push(sample);
    }
    isCut = round.length < prompts.length;
    if (isCut) break;
    round.forEach((sample, index) => taken[index]?.samples.push(sample));
    rounds += 1;
    spread = Math.max(...taken.map(({ samples }) => spreadOf(samples)));
    onRound?.(rounds, spread);
  }
  const settled = rounds >= MIN_ROUNDS && spread <= tolerance;
  const usesChatTemplate = asker.usesChatTemplate;
  return { prompts: taken, rounds, spread, settled, usesChatTemplate, isComplete: !isCut };
}

/** Asked anew each time: it changes while others wait. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}
