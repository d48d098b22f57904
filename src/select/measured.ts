/** The four values of a candidate that are weighed; null where the metric is not `ok`. Pure. */
import type { Candidate, Metric } from '../evidence/index.ts';
import type { ComponentName } from './types.ts';

export type Measured = { readonly [Name in ComponentName]: number | null };

export function toMeasured({ metrics }: Candidate): Measured {
  return {
    latency_ms: toValue(metrics.latency_ms),
    throughput: toValue(metrics.tokens_per_sec),
    cove_pass_rate: toValue(metrics.cove_pass_rate),
    retrieval_score: toValue(metrics.retrieval_score),
  };
}

/** The metric of a run that a component is taken from. */
export function metricOf({ metrics }: Candidate, name: ComponentName): Metric {
  return metrics[name === 'throughput' ? 'tokens_per_sec' : name];
}

function toValue({ status, value }: Metric): number | null {
  return status === 'ok' && value !== null && Number.isFinite(value) ? value : null;
}
