/** `evidence`: the benchmark run file: its schema, the newest one, binding to an artifact's digest. */
export { EVIDENCE_FAILURES, EvidenceFailure, type EvidenceCode } from './error.ts';
export { assertEvidence, bindEvidence, evidenceWarnings } from './bind.ts';
export {
  findNewestRun,
  listRunFiles,
  openRun,
  resolveRunFile,
  type FindNewestRunOptions,
  type ResolveRunOptions,
} from './find-run.ts';
export { listRuns, type ListedRun, type ListedRuns } from './list-runs.ts';
export { parseBenchmarkSummary, toBenchmarkSummary } from './benchmark-summary.ts';
export { toMeasuredOn, type MeasuredOn } from './measured-on.ts';
export { parseRun } from './parse-run.ts';
export {
  assertRunUsable,
  isRunUsable,
  toRunState,
  type RunState,
  type RunUsableOptions,
} from './run-usable.ts';
export { loadRun, saveRun } from './run-file.ts';
export {
  EVIDENCE_KINDS,
  METRIC_NAMES,
  METRIC_STATUSES,
  MODEL_TYPES,
  SUMMARY_METRIC_NAMES,
  type BenchmarkRun,
  type BenchmarkSummary,
  type Candidate,
  type CandidateMetrics,
  type Evidence,
  type EvidenceKind,
  type LoadedRun,
  type MeasuredArtifact,
  type Metric,
  type MetricName,
  type MetricStatus,
  type ModelType,
  type RunExtras,
  type RunMetadata,
  type SummaryMetric,
  type SummaryMetricName,
  type SystemInfo,
} from './types.ts';
