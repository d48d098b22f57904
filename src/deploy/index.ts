/** `deploy`: a target on this machine: layout, plan, state machine, journal, load test, rollback. */
export { acceptPolicy, type AcceptedPolicy, type AcceptPolicyOptions } from './accept-policy.ts';
export { readLive } from './activate.ts';
export { describeDamage, type ReleaseDamage } from './compare-release.ts';
export type { DeployContext, Shield } from './context.ts';
export { createPolicy, type CreatedPolicy, type CreatePolicyOptions } from './create-policy.ts';
export { DEFAULT_DEPLOY_OPTIONS, type DeployOptions } from './deploy-options.ts';
export type { Gates, SmokeTest } from './gates.ts';
export { examineTarget, type ExaminedTarget } from './examine-target.ts';
export { NO_GATES } from './gates.ts';
export { deployRelease, refuseDeployment } from './deploy-release.ts';
export { DEPLOY_FAILURES, DeployFailure, type DeployCode } from './error.ts';
export { appendJournal, readJournal, type JournalLine, type RunLine } from './journal.ts';
export type { DamagedRelease, KnownLoadTest, KnownService } from './journal-facts.ts';
export { defaultLayout, targetLayout, type TargetLayout } from './layout.ts';
export { DEFAULT_LOAD_TEST_TOKENS } from './limits.ts';
export { runLoadTest } from './load-test.ts';
export {
  END_STATES,
  RESUME,
  TRANSITIONS,
  WORKING_STATES,
  type EndState,
  type RemovalState,
  type State,
  type WorkingState,
} from './machine.ts';
export { findLiveModel, type LiveArtifact } from './live-model.ts';
export { EMBEDDED_TESTER, LOAD_TEST_COMMAND_TIMEOUT_MS, type LoadTester } from './load-tester.ts';
export { pruneTarget, type PruneOptions, type PruneOutcome } from './prune.ts';
export type { FoundSource, PassedOver, RepairSource } from './repair-source.ts';
export {
  repairTarget,
  type LiveRepair,
  type Repaired,
  type RepairOptions,
  type RepairPlan,
} from './repair.ts';
export { listRecords, type StoredRecord } from './records.ts';
export type { Permissions } from './release-folder.ts';
export { hashArtifact, type ReleaseOrigin } from './release-source.ts';
export {
  DEFAULT_RETENTION,
  type Decision,
  type Keep,
  type KeptBecause,
  type RemovedBecause,
  type RetentionPolicy,
} from './retention.ts';
export type { PlannedBundle, PlannedRelease } from './retention-plan.ts';
export { freedBytesOf, pruneFailure, toRetentionJson, type RetentionReport } from './retention-report.ts';
export { resumeTarget, type ResumeOptions } from './resume.ts';
export { rollBack, type RollbackOptions } from './roll-back.ts';
export type { Probe, ServiceSettings } from './service-settings.ts';
export { hasService, NO_SERVICE } from './service-settings.ts';
export type { ServiceAnswer, ServiceReport } from './service.ts';
export { readStatus, type LiveRelease, type TargetStatus, type UnfinishedRun } from './status.ts';
export type { Settled } from './settle.ts';
export { assertDeployable } from './preflight.ts';
export { resolveTarget } from './survey-target.ts';
export type { TargetFacts } from './target-facts.ts';
export { NO_TRUST_MEMORY, type KnownTrust, type TrustMemory } from './trust-memory.ts';
export type { BadReason, KnownRelease } from './target-view.ts';
export { readTargetTrust, type PolicyState, type TargetTrust } from './target-trust.ts';
export { policyPlaces, type PolicyContext } from './target-policy.ts';
export { loadTargets, onlyTarget } from './targets.ts';
export type {
  DeploymentOutcome,
  DeploymentRecord,
  LoadTestKind,
  LoadTestReport,
  ReleaseFacts,
  Verdict,
} from './types.ts';
export { findDamage, verifyRelease } from './verify-release.ts';
export {
  isAlarming,
  isSound,
  linkFailure,
  verifyTarget,
  type VerifiedLink,
  type VerifiedRelease,
  type VerifiedTarget,
  type WhichReleases,
} from './verify-target.ts';
