/** Metrics as they stand in a run file: measured, left out, or failed with the reason. */
import { Failure, messageOf, type JsonObject } from '../core/index.ts';
import type { CandidateMetrics, Metric } from '../evidence/index.ts';

export function measured(value: number, metadata: JsonObject): Metric {
  return { status: 'ok', value, error_message: null, metadata };
}

export function skipped(reason: string, metadata: JsonObject = {}): Metric {
  return { status: 'skipped', value: null, error_message: reason, metadata };
}

export function failed(error: unknown): Metric {
  const metadata = error instanceof Failure ? { code: error.code } : {};
  return { status: 'error', value: null, error_message: messageOf(error), metadata };
}

/** Of a model of which nothing could be measured. */
export function failedMetrics(error: unknown): CandidateMetrics {
  const metric = failed(error);
  return {
    latency_ms: metric,
    tokens_per_sec: metric,
    peak_vram_mb: metric,
    peak_ram_mb: metric,
    cove_pass_rate: metric,
    retrieval_score: metric,
  };
}
