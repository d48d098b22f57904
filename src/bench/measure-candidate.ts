/** Measures one model whole: its speed, then its answers, then its rankings, with what the machine was doing meanwhile. */
import process from 'node:process';
import { Failure } from '../core/index.ts';
import type { CandidateMetrics, Metric } from '../evidence/index.ts';
import { readProcessorLoad, systemClock, type Clock, type ProcessorLoad } from '../system/index.ts';
import { findNoise, isThrottled, type Conditions, type Surroundings } from './conditions.ts';
import { measureCove } from './measure-cove.ts';
import { measureRetrieval } from './measure-retrieval.ts';
import { measureSpeed, type MeasureSpeedOptions, type SpeedMeasurement } from './measure-speed.ts';
import { failed, skipped } from './metric.ts';
import { peakMetrics } from './peak-metrics.ts';
import { toCoveMetric, toRetrievalMetric } from './quality-metrics.ts';
import { toSpeedMetrics, type SpeedMetrics } from './speed-metrics.ts';
import type { BenchSubject } from './subject.ts';
import type { Suite } from './suite.ts';

export type Tier = 'speed' | 'cove' | 'retrieval';

/** `total` is null where it cannot be known: rounds go on until the medians are known. */
export interface BenchProgress {
  readonly tier: Tier;
  readonly done: number;
  readonly total: number | null;
}

export interface MeasureCandidateOptions {
  /** Which model it is: the suite may say that it has seen the questions. */
  readonly version?: string | undefined;
  /** How long it took to load; stands in the run. */
  readonly loadMs?: number | undefined;
  /** Threads that the engine computes with, for judging the load average. */
  readonly threads?: number | undefined;
  /** Ends the measuring after the answer that is being given; what is finished is returned. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BenchProgress) => void) | undefined;
  readonly rounds?: MeasureSpeedOptions['rounds'];
  readonly maxSpeedMs?: number | undefined;
  readonly clock?: Clock | undefined;
  /** A monotonic clock in milliseconds. */
  readonly now?: (() => number) | undefined;
  readonly readLoad?: (() => Promise<ProcessorLoad>) | undefined;
}

export interface CandidateMeasurement {
  readonly metrics: CandidateMetrics;
  readonly conditions: Conditions;
  /** `failed` where the engine ended, or what it said could not be measured; the metrics say which and why. */
  readonly outcome: 'complete' | 'interrupted' | 'failed';
  /** The first one. */
  readonly failure: Failure | null;
}

/**
 * Never throws what the engine throws: a model that crashes has `error` metrics with the reason, and what was measured before
 * stands. Errors that are no `Failure` are ours, and thrown.
 */
export async function measureCandidate(
  subject: BenchSubject,
  suite: Suite,
  options: MeasureCandidateOptions = {},
): Promise<CandidateMeasurement> {
  const { clock = systemClock, now = monotonic, readLoad = readProcessorLoad, signal } = options;
  const startedAt = clock.now();
  const look = async (): Promise<Surroundings> => lookAround(subject, { now, readLoad });
  const run = tierRunner(signal);

  const before = await look();
  let speed: SpeedMeasurement | null = null;
  const speedMetrics = await run(async (): Promise<SpeedMetrics> => {
    if (suite.speed.length === 0)
      return { latency_ms: skipped(NOT_ASKED), tokens_per_sec: skipped(NOT_ASKED) };
    speed = await timeAnswers(subject, suite, { ...options, now });
    return toSpeedMetrics(speed, { loadMs: options.loadMs ?? null });
  });
  const after = await look();
  const cove = await run(async () => gradeAnswers(subject, suite, options));
  const retrieval = await run(async () => rankDocuments(subject, suite, options));
  const noise = findNoise(before, after, {
    threads: options.threads ?? null,
    unsettled: describeUnsettled(speed),
  });
  return {
    metrics: {
      latency_ms: speedMetrics.ok?.latency_ms ?? speedMetrics.instead,
      tokens_per_sec: speedMetrics.ok?.tokens_per_sec ?? speedMetrics.instead,
      ...(await peakMetrics(subject)),
      cove_pass_rate: cove.ok ?? cove.instead,
      retrieval_score: retrieval.ok ?? retrieval.instead,
    },
    conditions: {
      started_at: startedAt.toISOString(),
      finished_at: clock.now().toISOString(),
      load_average: { before: before.load.loadAverage, after: after.load.loadAverage },
      throttled: isThrottled(before, after),
      noisy: noise.length > 0,
      noisy_because: noise,
    },
    outcome: run.failure !== null ? 'failed' : isAborted(signal) ? 'interrupted' : 'complete',
    failure: run.failure,
  };
}

type Ran<T> = { readonly ok: T | null; readonly instead: Metric };

interface TierRunner {
  <T>(work: () => Promise<T>): Promise<Ran<T>>;
  readonly failure: Failure | null;
}

/** After a failure that ended the engine, nothing more is asked of it. */
function tierRunner(signal: AbortSignal | undefined): TierRunner {
  let first: Failure | null = null;
  let hasEnded = false;
  const run = async <T>(work: () => Promise<T>): Promise<Ran<T>> => {
    if (isAborted(signal)) return { ok: null, instead: skipped('interrupted before it began') };
    if (hasEnded) return { ok: null, instead: failed(first) };
    try {
      return { ok: await work(), instead: skipped('') };
    } catch (error) {
      if (isAborted(signal)) return { ok: null, instead: skipped('interrupted') };
      if (!(error instanceof Failure)) throw error;
      first ??= error;
      hasEnded = ENDING.has(error.code);
      return { ok: null, instead: failed(error) };
    }
  };
  return Object.defineProperty(run, 'failure', { get: () => first }) as TierRunner;
}

const NOT_ASKED = 'no case of this part was asked';

/** After these there is no process to ask. */
const ENDING: ReadonlySet<string> = new Set([
  'ENGINE_CRASHED',
  'ENGINE_TIMED_OUT',
  'ENGINE_OUT_OF_MEMORY',
  'ENGINE_CLOSED',
  'CORE_INTERRUPTED',
]);

async function timeAnswers(
  subject: BenchSubject,
  { speed }: Suite,
  { now, signal, rounds, maxSpeedMs, onProgress }: MeasureCandidateOptions & { readonly now: () => number },
): Promise<SpeedMeasurement> {
  return measureSpeed(subject, speed, {
    now,
    signal,
    rounds,
    maxMs: maxSpeedMs,
    onRound: (done) => onProgress?.({ tier: 'speed', done, total: null }),
  });
}

async function gradeAnswers(
  subject: BenchSubject,
  { cove, prompts, seenBy }: Suite,
  { signal, onProgress, version }: MeasureCandidateOptions,
): Promise<Metric> {
  let done = 0;
  const total = cove.length;
  if (total === 0) return skipped(NOT_ASKED);
  const measurement = await measureCove(subject, cove, {
    prompts,
    signal,
    onCase: () => onProgress?.({ tier: 'cove', done: (done += 1), total }),
  });
  const seen = version === undefined ? null : seenBy.includes(version);
  return toCoveMetric(measurement, { seen, count: total });
}

async function rankDocuments(
  subject: BenchSubject,
  { retrieval, prompts }: Suite,
  { signal, onProgress }: MeasureCandidateOptions,
): Promise<Metric> {
  if (retrieval.queries.length === 0) return skipped(NOT_ASKED);
  if (subject.scoreEach === null && subject.embed === null) {
    return skipped('the engine tells neither probabilities of texts nor embeddings');
  }
  return toRetrievalMetric(
    await measureRetrieval(subject, retrieval, {
      prompts,
      signal,
      onProgress: (done, total) => onProgress?.({ tier: 'retrieval', done, total }),
    }),
  );
}

async function lookAround(
  subject: BenchSubject,
  { now, readLoad }: { readonly now: () => number; readonly readLoad: () => Promise<ProcessorLoad> },
): Promise<Surroundings> {
  // An engine that has ended cannot say what it took; the tiers tell that it has.
  const resources = (await subject.resources?.().catch(() => null)) ?? null;
  const { user, system } = process.cpuUsage();
  const ownCpuMs = resources === null ? null : resources.cpuMs + (user + system) / 1000;
  return { load: await readLoad(), atMs: now(), ownCpuMs };
}

function describeUnsettled(speed: SpeedMeasurement | null): readonly string[] {
  if (speed === null || speed.settled || !speed.isComplete || speed.rounds < 2) return [];
  const { rounds, spread } = speed;
  const known = Number.isFinite(spread) ? `only to ±${(spread * 100).toFixed(0)} %` : 'not at all';
  return [`after ${rounds} rounds the median of some prompt was known ${known}`];
}

/** Asked anew each time: it changes while others wait. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function monotonic(): number {
  return performance.now();
}
