/** A candidate whose run states how far its figures may be off. */
import type { Candidate, MetricName } from '../../src/evidence/index.ts';
import { toCandidate, type MetricValues } from './benchmark-run.ts';

const METRICS: { readonly [Name in keyof MetricValues]-?: MetricName } = {
  latency: 'latency_ms',
  throughput: 'tokens_per_sec',
  cove: 'cove_pass_rate',
  retrieval: 'retrieval_score',
};

/** `halfWidths`: half of each 95 % interval, in the unit of the metric. */
export function withSpread(
  version: string,
  values: MetricValues,
  halfWidths: { readonly [Name in keyof MetricValues]?: number } = {},
  rest: Partial<Candidate> = {},
): Candidate {
  const candidate = toCandidate(version, values, rest);
  const stated = Object.entries(halfWidths).map(([name, half]) => {
    const key = METRICS[name as keyof MetricValues];
    const metric = candidate.metrics[key];
    const at = metric.value ?? 0;
    return [key, { ...metric, metadata: { ci95: [at - half, at + half] } }];
  });
  return { ...candidate, metrics: { ...candidate.metrics, ...Object.fromEntries(stated) } };
}
