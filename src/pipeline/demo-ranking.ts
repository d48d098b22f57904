/** What the demo measured and what was chosen from it: read from the run file, so that nothing else can decide. */
import type { BenchmarkRun, Metric } from '../evidence/index.ts';
import type { SelectionResult } from '../select/index.ts';

/** A line of the summary. Null where it was not measured. */
export interface DemoRank {
  readonly version: string;
  readonly quantization: string | null;
  /** In bytes. */
  readonly sizeBytes: number | null;
  /** In milliseconds, to the first token. */
  readonly latencyMs: number | null;
  readonly tokensPerSecond: number | null;
  /** In percent. */
  readonly covePassRate: number | null;
  /** In percent. */
  readonly retrievalScore: number | null;
  /** Of the choice, 0 to 1. */
  readonly score: number;
  readonly chosen: boolean;
  /** Why it cannot be chosen; empty where it can. */
  readonly refusedBecause: readonly string[];
}

/** Best first. */
export function toRanking(run: BenchmarkRun, result: SelectionResult): readonly DemoRank[] {
  return result.all_scores.map((score): DemoRank => {
    const { model_version: version, total_score, threshold_failures } = score;
    const candidate = run.candidates.find((one) => one.version === version);
    const metrics = candidate?.metrics;
    return {
      version,
      quantization: candidate?.quantization ?? null,
      sizeBytes: candidate?.artifact?.size_bytes ?? null,
      latencyMs: valueOf(metrics?.latency_ms),
      tokensPerSecond: valueOf(metrics?.tokens_per_sec),
      covePassRate: valueOf(metrics?.cove_pass_rate),
      retrievalScore: valueOf(metrics?.retrieval_score),
      score: total_score,
      chosen: version === result.recommended_model,
      refusedBecause: threshold_failures,
    };
  });
}

function valueOf(metric: Metric | undefined): number | null {
  return metric?.status === 'ok' ? metric.value : null;
}
