/** What comes out when two runs are compared, exactly as `milton bench compare --json` prints it (snake_case). */

/** B against A: is it better, worse, or is what differs noise? `unknown` where the runs do not state what it takes to tell. */
export type ComparisonVerdict = 'better' | 'worse' | 'noise' | 'unknown';

/** The metrics that are compared, in the order of every report. */
export const COMPARED_METRICS = [
  'latency_ms',
  'tokens_per_sec',
  'cove_pass_rate',
  'retrieval_score',
] as const;
export type ComparedMetric = (typeof COMPARED_METRICS)[number];

export type MetricComparison = {
  readonly verdict: ComparisonVerdict;
  /** The values of the two runs; null where one was not measured. */
  readonly a: number | null;
  readonly b: number | null;
  /** `percent` of A (speeds: the mean ratio over the prompts, less one), or percentage `points`, B − A, of what both were asked. */
  readonly unit: 'percent' | 'points';
  readonly change: number | null;
  /** Of the change. */
  readonly interval: readonly [low: number, high: number] | null;
  /** Of the interval: 0.99 of speeds, 0.95 of qualities; null where there is none. */
  readonly confidence: number | null;
  /** Prompts, cases or queries that both were asked; 0 where the questions were different ones. */
  readonly pairs: number;
  /** One sentence. */
  readonly because: string;
};

export type CandidateComparison = {
  /** The version in A; in B it may be another one of the same bytes. */
  readonly version: string;
  readonly version_b: string;
  readonly metrics: { readonly [Metric in ComparedMetric]: MetricComparison };
  /** What else may be the reason for a difference, a sentence each. */
  readonly caveats: readonly string[];
};

/** Over all candidates: `different` if one differs, else `unknown` if of one it cannot be told. */
export type OverallVerdict = 'noise' | 'different' | 'unknown';

export type RunComparison = {
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** In the order of A. */
  readonly candidates: readonly CandidateComparison[];
  /** Versions that the other run has not. */
  readonly only_a: readonly string[];
  readonly only_b: readonly string[];
  readonly speed: OverallVerdict;
  readonly quality: OverallVerdict;
  /** Of one of the compared models at least, one of the runs says that its speed cannot be trusted. */
  readonly noisy: boolean;
  readonly caveats: readonly string[];
};

export type ComparedRun = { readonly run_id: string; readonly timestamp: string };
