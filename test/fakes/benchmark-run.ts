/** Candidates and runs for tests, shaped as the Python tool writes them; every field can be overridden. */
import type { BenchmarkRun, Candidate, Metric } from '../../src/evidence/index.ts';

export interface MetricValues {
  readonly latency?: number | null;
  readonly throughput?: number | null;
  readonly cove?: number | null;
  readonly retrieval?: number | null;
}

/** Null is a metric that was skipped. */
export function toMetric(value: number | null): Metric {
  return { status: value === null ? 'skipped' : 'ok', value, error_message: null, metadata: {} };
}

export function toCandidate(
  version: string,
  { latency = 10, throughput = 50, cove = 95, retrieval = 60 }: MetricValues = {},
  rest: Partial<Candidate> = {},
): Candidate {
  return {
    version,
    model_type: 'quantized+distilled',
    model_path: `/srv/models/${version}`,
    base_model: 'Llama-3.1-8B-Instruct-HF',
    quantization: 'Q4_0',
    distilled_from: null,
    file_size_mb: 4445.3,
    parameter_count: null,
    metrics: {
      latency_ms: toMetric(latency),
      tokens_per_sec: toMetric(throughput),
      peak_vram_mb: toMetric(null),
      peak_ram_mb: toMetric(null),
      cove_pass_rate: toMetric(cove),
      retrieval_score: toMetric(retrieval),
    },
    ...rest,
  };
}

export function toRun(
  candidates: readonly Candidate[],
  {
    metadata = {},
    ...rest
  }: { readonly metadata?: Partial<BenchmarkRun['metadata']> } & Partial<Pick<BenchmarkRun, 'milton'>> = {},
): BenchmarkRun {
  return {
    metadata: {
      run_id: 'benchmark_20260111_202801',
      timestamp: '2026-01-11T20:28:01.120934+00:00',
      git_sha: '77fc4dc',
      git_branch: 'main',
      git_dirty: false,
      command_line: 'milton bench',
      dry_run: false,
      ...metadata,
    },
    system_info: {
      hostname: 'lab',
      platform: 'Linux',
      platform_version: '6.14.0',
      python_version: null,
      cpu_info: 'a processor',
      cpu_count: 24,
      total_ram_gb: 62,
      gpu_info: null,
      cuda_version: null,
    },
    candidates,
    ...rest,
  };
}
