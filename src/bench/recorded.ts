/** What a run may say of a candidate beyond its schema: null, or nothing in a list, where it does not. */
import type { MetricStatus } from '../evidence/index.ts';
import type { Summary } from './statistics/summary.ts';

/** Of the run as a whole. */
export interface RecordedRun {
  readonly suiteName: string | null;
  /** Of the whole suite. */
  readonly suiteCases: RecordedCounts;
  /** Of each model; null where all were asked, or nobody says. */
  readonly sampled: RecordedCounts | null;
  readonly budgetMs: number | null;
}

export interface RecordedCounts {
  readonly speed: number | null;
  readonly cove: number | null;
  readonly retrieval: number | null;
}

export interface RecordedCandidate {
  readonly version: string;
  readonly quantization: string | null;
  /** Of the artifact that was measured. */
  readonly sha256: string | null;
  readonly sizeBytes: number | null;
  readonly latency: RecordedSpeed;
  readonly rate: RecordedSpeed;
  readonly cove: RecordedCove;
  readonly retrieval: RecordedRetrieval;
  readonly peakRam: RecordedValue;
  readonly peakVram: RecordedValue;
  readonly conditions: RecordedConditions;
}

export interface RecordedValue {
  readonly status: MetricStatus;
  /** Null where the metric is not `ok`. */
  readonly value: number | null;
  /** Why there is no value. */
  readonly reason: string | null;
}

export type Interval = readonly [low: number, high: number];

/** `latency_ms` or `tokens_per_sec`, in the unit of the metric. */
export interface RecordedSpeed extends RecordedValue {
  readonly summary: Summary | null;
  /** Of the value, 95 %. */
  readonly interval: Interval | null;
  readonly prompts: readonly RecordedPrompt[];
  readonly rounds: number | null;
  readonly loadMs: number | null;
  /** `llama.cpp` or `wall_clock`; of rates only. */
  readonly source: string | null;
  readonly wallClockMedian: number | null;
  readonly promptRateMedian: number | null;
  readonly differencePerTokenUs: number | null;
  readonly totalMsMedian: number | null;
  readonly usesChatTemplate: boolean | null;
}

export interface RecordedPrompt {
  readonly id: string;
  readonly category: string | null;
  readonly summary: Summary | null;
  /** Greater than zero each. */
  readonly samples: readonly number[];
}

export interface RecordedCove extends RecordedValue {
  readonly passed: number | null;
  readonly count: number | null;
  readonly interval: Interval | null;
  readonly finalRight: number | null;
  readonly verdictRight: number | null;
  readonly constrained: boolean | null;
  /** Whether the model was trained on these very questions. */
  readonly seen: boolean | null;
  readonly cases: readonly RecordedCase[];
}

export interface RecordedCase {
  readonly id: string;
  readonly category: string | null;
  readonly draftIsRight: boolean | null;
  readonly passed: boolean;
  readonly finalAnswer: string | null;
  readonly finalRight: boolean | null;
  readonly verdict: string | null;
  readonly verdictRight: boolean | null;
}

export interface RecordedRetrieval extends RecordedValue {
  readonly method: string | null;
  readonly count: number | null;
  readonly documents: number | null;
  readonly interval: Interval | null;
  /** What a search for words reaches, in percent. */
  readonly keywordBaseline: number | null;
  readonly queries: readonly RecordedQuery[];
}

export interface RecordedQuery {
  readonly id: string;
  /** 0–1. */
  readonly f1: number;
  readonly relevant: readonly string[];
  readonly ranked: readonly string[];
}

export interface RecordedConditions {
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly loadBefore: number | null;
  readonly loadAfter: number | null;
  readonly throttled: boolean | null;
  readonly noisy: boolean | null;
  readonly noisyBecause: readonly string[];
  readonly threads: number | null;
  readonly contextTokens: number | null;
  readonly gpuLayers: number | null;
  readonly device: string | null;
}
