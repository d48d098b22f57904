/** `pipeline`: the jobs people run, composed of the rooms below. */
export { bundleModel, findCandidate, type BundledModel, type BundleModelOptions } from './bundle-model.ts';
export { checkGgufFile, type CheckGgufFileOptions } from './check-gguf.ts';
export { runDemo, type DemoOptions, type DemoResult } from './demo.ts';
export type { DemoStep } from './demo-steps.ts';
export {
  deployModel,
  type ChosenModel,
  type DeployedModel,
  type DeployModelRequest,
  type DeploySource,
} from './deploy-model.ts';
export { PIPELINE_FAILURES, PipelineFailure, type PipelineCode } from './error.ts';
export { lookAtGguf, type GgufOnDisk, type LookAtGgufOptions } from './gguf-on-disk.ts';
export { type HashModelOptions } from './hash-model.ts';
export {
  inspectGguf,
  type GgufInspection,
  type InspectedTemplate,
  type InspectGgufOptions,
} from './inspect-gguf.ts';
export { registerAgainCommand } from './registered-gguf.ts';
export { registerModel, type RegisteredModel, type RegisterModelOptions } from './register-model.ts';
export { findRun, selectFromRun, type FindRunOptions, type SelectedRun } from './select-run.ts';
export { findLiveVersions, findTarget, readTargets, type TargetReport } from './targets.ts';
export {
  serveModel,
  type ServedFacts,
  type ServeModelRequest,
  type ServeReport,
  type ServeSource,
} from './serve-model.ts';
export { sizeWarning } from './size-warning.ts';
