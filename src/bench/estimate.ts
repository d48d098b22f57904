/** How long a benchmark will take, from one short answer, and how many cases fit into a budget. Pure but for `probeSpeed`. */
import { createAsker } from './ask.ts';
import {
  CHECK_TOKENS,
  FINAL_TOKENS,
  MAX_ROUNDS,
  MIN_ROUNDS,
  PLAN_TOKENS,
  WARM_UP_ANSWERS,
} from './limits.ts';
import { rateOf } from './speed-spread.ts';
import { toSpeedSample } from './speed-sample.ts';
import type { BenchSubject } from './subject.ts';
import { countCases, type SampledCases, type Suite } from './suite.ts';

/** What one answer of a few tokens shows. */
export interface SpeedProbe {
  readonly promptTokensPerSecond: number;
  readonly tokensPerSecond: number;
  /** Of this model's vocabulary, for texts as those of the suite. */
  readonly tokensPerCharacter: number;
  /** What an answer costs beside its tokens. */
  readonly overheadMs: number;
}

export interface Estimate {
  readonly speedMs: number;
  readonly coveMs: number;
  readonly retrievalMs: number;
  readonly totalMs: number;
}

export const PROBE_TOKENS = 20;

/** Answers one prompt of the suite twice: the first time wakes the machine. Throws what the engine throws. */
export async function probeSpeed(
  subject: BenchSubject,
  suite: Pick<Suite, 'speed'>,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<SpeedProbe> {
  const prompt = suite.speed[0]?.prompt ?? 'Say something.';
  const asker = createAsker(subject);
  const request = { maxTokens: PROBE_TOKENS, ...(signal === undefined ? {} : { signal }) };
  await asker.ask(prompt, request);
  const answer = await asker.ask(prompt, request);
  const sample = toSpeedSample(answer);
  const promptTokens = Math.max(1, answer.promptTokenCount ?? prompt.length * TOKENS_PER_CHARACTER);
  const firstMs = Math.max(answer.timeToFirstTokenMs, MIN_MS);
  return {
    promptTokensPerSecond: sample.promptTokensPerSecond ?? (promptTokens * 1000) / firstMs,
    tokensPerSecond: sample.wallTokensPerSecond ?? rateOf(sample) ?? 1000 / firstMs,
    tokensPerCharacter: promptTokens / Math.max(1, prompt.length),
    overheadMs: OVERHEAD_MS,
  };
}

/** On the careful side: that a timed answer is as long as it may be, and the others about a third of it. */
export function estimateSuite(
  suite: Suite,
  { promptTokensPerSecond, tokensPerSecond, tokensPerCharacter, overheadMs }: SpeedProbe,
): Estimate {
  const readMs = (text: string): number => (text.length * tokensPerCharacter * 1000) / promptTokensPerSecond;
  const writeMs = (tokens: number): number => (tokens * 1000) / tokensPerSecond;
  const round = sum(
    suite.speed.map(({ prompt, maxTokens }) => readMs(prompt) + writeMs(maxTokens) + overheadMs),
  );
  const warmUp = suite.speed.length === 0 ? 0 : (round * WARM_UP_ANSWERS) / suite.speed.length;
  const speedMs = warmUp + round * EXPECTED_ROUNDS;
  const coveMs = sum(
    suite.cove.map(({ question, draft }) => {
      const asked = `${question}${draft}`;
      const prompts = readMs(`${suite.prompts.plan}${suite.prompts.final}${asked}${asked}${asked}`);
      const written = (PLAN_TOKENS + FINAL_TOKENS) / 3 + (2 * CHECK_TOKENS) / 4;
      return prompts + writeMs(written) + 4 * overheadMs;
    }),
  );
  const { documents, queries } = suite.retrieval;
  const queriesMs = sum(queries.map(({ query }) => readMs(query) + overheadMs));
  const retrievalMs = sum(documents.map(({ text }) => readMs(text) + queriesMs));
  return { speedMs, coveMs, retrievalMs, totalMs: speedMs + coveMs + retrievalMs };
}

/**
 * How many cases of each part fit into `budgetMs` for one model: all where they fit, otherwise the same share of each, but
 * never fewer than can be judged (`MIN_CASES`), even where that takes longer.
 */
export function fitBudget(
  suite: Suite,
  probe: SpeedProbe,
  { budgetMs }: { readonly budgetMs: number },
): SampledCases {
  const all = countCases(suite);
  const { totalMs } = estimateSuite(suite, probe);
  if (totalMs <= budgetMs) return all;
  const share = Math.max(0, budgetMs) / totalMs;
  const cut = (count: number): number => Math.min(count, Math.max(MIN_CASES, Math.floor(count * share)));
  return {
    speed: Math.min(all.speed, Math.max(2, Math.floor(all.speed * share))),
    cove: cut(all.cove),
    retrieval: cut(all.retrieval),
  };
}

/** Half of right and half of wrong drafts; fewer say nothing. */
export const MIN_CASES = 6;

/** Between the fewest and the most: what a quiet machine needs. */
const EXPECTED_ROUNDS = MIN_ROUNDS + (MAX_ROUNDS - MIN_ROUNDS) / 8;

/** A message there and back, and the sampling of a first token. */
const OVERHEAD_MS = 3;

/** Of English text in most vocabularies, where a server does not count them. */
const TOKENS_PER_CHARACTER = 0.25;

/** A clock may say that nothing took no time. */
const MIN_MS = 0.01;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
