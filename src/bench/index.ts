/** `bench`: measuring a model that is handed to it: suites of questions, three tiers, and what their numbers can be trusted for. */
export { compareRuns } from './compare-runs.ts';
export type { Conditions } from './conditions.ts';
export { BENCH_FAILURES, BenchFailure, type BenchCode } from './error.ts';
export { DEFAULT_SUITE_DIRECTORY, loadDefaultSuite } from './default-suite.ts';
export { estimateSuite, fitBudget, probeSpeed, type Estimate, type SpeedProbe } from './estimate.ts';
export { initSuite } from './init-suite.ts';
export { loadSuite, type LoadedSuite, type LoadSuiteOptions } from './load-suite.ts';
export {
  measureCandidate,
  type BenchProgress,
  type CandidateMeasurement,
  type MeasureCandidateOptions,
  type Tier,
} from './measure-candidate.ts';
export { MEASURING_METHOD } from './method.ts';
export { failedMetrics } from './metric.ts';
export { toSubject } from './model-subject.ts';
export type {
  Interval,
  RecordedCandidate,
  RecordedCase,
  RecordedConditions,
  RecordedCounts,
  RecordedCove,
  RecordedPrompt,
  RecordedQuery,
  RecordedRetrieval,
  RecordedRun,
  RecordedSpeed,
  RecordedValue,
} from './recorded.ts';
export {
  COMPARED_METRICS,
  type CandidateComparison,
  type ComparedMetric,
  type ComparedRun,
  type MetricComparison,
  type OverallVerdict,
  type RunComparison,
  type ComparisonVerdict,
} from './run-comparison.ts';
export { runNotes, type RunNote } from './run-notes.ts';
export { sampleEvenly, type SampleEvenlyOptions } from './sample-evenly.ts';
export { sampleSuite } from './sample-suite.ts';
export {
  comparePairs,
  comparePasses,
  compareSpeeds,
  type CaseComparison,
  type CompareOptions,
  type MeanComparison,
  type SpeedComparison,
  type Stratum,
} from './statistics/compare.ts';
export { summarize, type Summary } from './statistics/summary.ts';
export type {
  BenchSubject,
  ContinuationScore,
  SubjectAnswer,
  SubjectEngine,
  SubjectRequest,
  SubjectResources,
} from './subject.ts';
export {
  countCases,
  type CoveCase,
  type RetrievalDocument,
  type RetrievalQuery,
  type RetrievalSet,
  type SampledCases,
  type SpeedPrompt,
  type AskedOfModels,
  type Suite,
  type SuitePrompts,
} from './suite.ts';
export { suiteJsonSchemas } from './suite-json-schemas.ts';
export { toRecorded, toRecordedRun } from './to-recorded.ts';
