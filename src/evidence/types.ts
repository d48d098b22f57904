/**
 * The shapes of a benchmark run and of what is derived from it, exactly as they stand in the files (snake_case).
 * They are type aliases, not interfaces, so that each is a `JsonObject` without a cast.
 */
import type { ArtifactType, JsonObject } from '../core/index.ts';

export const MODEL_TYPES = ['base', 'quantized', 'distilled', 'quantized+distilled'] as const;
export type ModelType = (typeof MODEL_TYPES)[number];

/** `latency_ms` is the time to first token; `cove_pass_rate` and `retrieval_score` are percentages, 0–100. */
export const METRIC_NAMES = [
  'latency_ms',
  'tokens_per_sec',
  'peak_vram_mb',
  'peak_ram_mb',
  'cove_pass_rate',
  'retrieval_score',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/** The four metrics that choose a model and travel in a bundle, in the order of every report. */
export const SUMMARY_METRIC_NAMES = [
  'latency_ms',
  'tokens_per_sec',
  'cove_pass_rate',
  'retrieval_score',
] as const satisfies readonly MetricName[];
export type SummaryMetricName = (typeof SUMMARY_METRIC_NAMES)[number];

export const METRIC_STATUSES = ['ok', 'skipped', 'error'] as const;
export type MetricStatus = (typeof METRIC_STATUSES)[number];

/** `value` is a finite number where `status` is `ok`; otherwise it counts as not measured, whatever it holds. */
export type Metric = {
  readonly status: MetricStatus;
  readonly value: number | null;
  readonly error_message: string | null;
  readonly metadata: JsonObject;
};

export type CandidateMetrics = { readonly [Name in MetricName]: Metric };

/** What was really measured. For a directory, `sha256` is that of its `model/` lines as in SHA256SUMS. */
export type MeasuredArtifact = {
  readonly type: ArtifactType;
  readonly path: string;
  readonly sha256: string;
  readonly size_bytes: number;
};

/** Keys beyond these are kept as read. `artifact` is ours: runs of the Python tool have none. */
export type Candidate = {
  readonly version: string;
  readonly model_type: ModelType;
  readonly model_path: string;
  readonly base_model: string;
  readonly quantization: string | null;
  readonly distilled_from: string | null;
  readonly file_size_mb: number | null;
  readonly parameter_count: number | null;
  readonly metrics: CandidateMetrics;
  readonly artifact?: MeasuredArtifact | null;
};

export type RunMetadata = {
  readonly run_id: string;
  /** ISO 8601. */
  readonly timestamp: string;
  readonly git_sha: string | null;
  readonly git_branch: string | null;
  readonly git_dirty: boolean | null;
  readonly command_line: string | null;
  readonly dry_run: boolean;
};

export type SystemInfo = {
  readonly hostname: string | null;
  readonly platform: string | null;
  readonly platform_version: string | null;
  /** Null in runs of ours. */
  readonly python_version: string | null;
  readonly cpu_info: string | null;
  readonly cpu_count: number | null;
  readonly total_ram_gb: number | null;
  readonly gpu_info: string | null;
  readonly cuda_version: string | null;
};

/** Ours, at the open top level of the file. */
export type RunExtras = {
  readonly node_version?: string | null;
  /** True where the run was cut short: it is shown, and never deployed from. */
  readonly incomplete?: boolean;
  readonly suite_sha256?: string | null;
  readonly machine_sha256?: string | null;
  /** What ran the models: `llama-cpp`, `llama-server`, and its version as a load test records it. */
  readonly engine?: string | null;
  readonly engine_version?: string | null;
  readonly engine_flags?: readonly string[] | null;
};

export type BenchmarkRun = {
  readonly metadata: RunMetadata;
  readonly system_info: SystemInfo;
  readonly candidates: readonly Candidate[];
  readonly milton?: RunExtras;
};

/** A run with the file that it was read from. */
export interface LoadedRun {
  readonly path: string;
  readonly run: BenchmarkRun;
}

/** `measured`: digests equal · `mismatch`: they differ · `unbound`: the run states none · `none`: no run was given. */
export const EVIDENCE_KINDS = ['measured', 'mismatch', 'unbound', 'none'] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

/** Whether the measured bytes are the shipped bytes. Stands in `edge.json`, the record's details and `status`. */
export type Evidence = {
  readonly kind: EvidenceKind;
  readonly run_id: string | null;
  readonly run_timestamp: string | null;
  readonly model_version: string | null;
  readonly measured_sha256: string | null;
  readonly artifact_sha256: string;
};

export type SummaryMetric = { readonly value: number | null; readonly status: MetricStatus };

/** `benchmark_summary.json` of a bundle. */
export type BenchmarkSummary = {
  readonly run_id: string | null;
  readonly timestamp: string | null;
  readonly model_version: string;
  readonly metrics: { readonly [Name in SummaryMetricName]: SummaryMetric };
};
