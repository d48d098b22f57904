/** `deploy`: a target on this machine: layout, plan, state machine, journal, load test, rollback. */
export type { DeployContext, Shield } from './context.ts';
export { DEFAULT_DEPLOY_OPTIONS, type DeployOptions } from './deploy-options.ts';
export type { Gates, SmokeTest } from './gates.ts';
export { NO_GATES } from './gates.ts';
export { deployRelease, refuseDeployment } from './deploy-release.ts';
export { DEPLOY_FAILURES, DeployFailure, type DeployCode } from './error.ts';
export { appendJournal, readJournal, type JournalLine } from './journal.ts';
export { defaultLayout, targetLayout, type TargetLayout } from './layout.ts';
export { DEFAULT_LOAD_TEST_TOKENS } from './limits.ts';
export {
  END_STATES,
  RESUME,
  TRANSITIONS,
  WORKING_STATES,
  type EndState,
  type State,
  type WorkingState,
} from './machine.ts';
export { findLiveModel, type LiveModel } from './live-model.ts';
export { listRecords, type StoredRecord } from './records.ts';
export type { Permissions } from './release-folder.ts';
export { hashArtifact, type ReleaseOrigin } from './release-source.ts';
export { resumeTarget, type ResumeOptions } from './resume.ts';
export { rollBack, type RollbackOptions } from './roll-back.ts';
export type { Probe, ServiceSettings } from './service-settings.ts';
export { hasService, NO_SERVICE } from './service-settings.ts';
export type { ServiceReport } from './service.ts';
export { readStatus, type LiveRelease, type TargetStatus, type UnfinishedRun } from './status.ts';
export type { Settled } from './settle.ts';
export { assertDeployable } from './preflight.ts';
export { resolveTarget } from './survey-target.ts';
export type { KnownRelease } from './target-view.ts';
export { loadTargets, onlyTarget } from './targets.ts';
export type {
  DeploymentOutcome,
  DeploymentRecord,
  LoadTestKind,
  LoadTestReport,
  ReleaseFacts,
  Verdict,
} from './types.ts';
export { findDamage, verifyRelease, type ReleaseDamage } from './verify-release.ts';
