/** `pipeline`: the jobs people run, composed of the rooms below. */
export type { CarriedOver } from './bench-earlier.ts';
export type { AskedSettings, EmbeddedBenchOptions } from './bench-embedded.ts';
export type {
  BenchEngine,
  BenchSettings,
  BenchSetup,
  OpenedFacts,
  OpenedSubject,
  OpenOptions,
  OpenSubject,
} from './bench-engine.ts';
export type { BenchEstimate } from './bench-estimate.ts';
export type { BenchedModels, BenchEvent, BenchModelsContext, BenchModelsRequest } from './bench-models.ts';
export { ENGINE_NAMES, type BenchEngineRecord, type BenchRequestRecord } from './bench-request.ts';
export type { RunToResume } from './bench-resume.ts';
export { bundleModel, findCandidate, type BundledModel, type BundleModelOptions } from './bundle-model.ts';
export { checkGgufFile, type CheckGgufFileOptions } from './check-gguf.ts';
export type { DemoOptions, DemoResult } from './demo.ts';
export type { DemoAnswer } from './demo-question.ts';
export type { DemoRank } from './demo-ranking.ts';
export type { DemoStep } from './demo-steps.ts';
export type { ChosenModel, DeployedModel, DeployModelRequest, DeploySource } from './deploy-model.ts';
export type { Examination, ExamineOptions } from './doctor.ts';
export { PIPELINE_FAILURES, PipelineFailure, type PipelineCode } from './error.ts';
export { lookAtGguf, type GgufOnDisk, type LookAtGgufOptions } from './gguf-on-disk.ts';
export { type HashModelOptions } from './hash-model.ts';
export {
  inspectGguf,
  type GgufInspection,
  type InspectedTemplate,
  type InspectGgufOptions,
} from './inspect-gguf.ts';
export type { JudgedLive, JudgeLiveOptions } from './judge-live.ts';
export type { CheckStatus, MachineCheck } from './machine-check.ts';
export type {
  ClockFacts,
  EngineFacts,
  EngineTrial,
  MachineFacts,
  MachineMemory,
  PlaceFacts,
  TargetPlace,
} from './machine-facts.ts';
export {
  benchModels,
  deployModel,
  examineMachine,
  findLiveVersions,
  findRunToResume,
  findTarget,
  findTargetAhead,
  judgeLive,
  judgeLiveIfAny,
  openBenchEngine,
  quantizeModel,
  readTargets,
  reportRun,
  runDemo,
  runScheduled,
  serveModel,
  signExistingBundle,
} from './on-first-use.ts';
export type { MadeQuantization } from './make-quantizations.ts';
export type {
  QuantizedFile,
  QuantizedModel,
  QuantizeModelContext,
  QuantizeModelRequest,
} from './quantize-model.ts';
export { registerAgainCommand } from './registered-gguf.ts';
export { registerModel, type RegisteredModel, type RegisterModelOptions } from './register-model.ts';
export type {
  ScheduledDeployment,
  ScheduledOutcome,
  ScheduledRunContext,
  ScheduledRunRequest,
} from './scheduled-run.ts';
export { findRun, selectFromRun, type FindRunOptions, type SelectedRun } from './select-run.ts';
export type { TargetReport } from './targets.ts';
export type { ServedFacts, ServeModelRequest, ServeReport, ServeSource } from './serve-model.ts';
export type { ReportRunRequest, WrittenReport } from './report-run.ts';
export type { SignedExisting, SignExistingOptions } from './sign-existing.ts';
export { sizeWarning } from './size-warning.ts';
export type { AskedRelease } from './state-release.ts';
