/** What is known of an attempt while it runs, and the record and details that are made of it, whatever its end. */
import {
  Failure,
  isVersion,
  messageOf,
  toDeploymentId,
  toTimestamp,
  type ExitCode,
  type JsonObject,
  type Warning,
} from '../core/index.ts';
import { aboutTarget, type DeployContext } from './context.ts';
import { DeployFailure } from './error.ts';
import type { TargetLayout } from './layout.ts';
import type { EndState } from './machine.ts';
import { withoutInference } from './judge-load-test.ts';
import { hasRecord, saveRecord } from './records.ts';
import { toRetentionJson, type RetentionReport } from './retention-report.ts';
import type { ServiceReport } from './service.ts';
import type { TransactionEnd } from './transaction.ts';
import type {
  AdoptedReport,
  DeploymentOutcome,
  DeploymentRecord,
  LoadTestReport,
  ReleaseFacts,
} from './types.ts';

/** Grows as the attempt goes on; read once, at its end. */
export interface Attempt {
  id: string;
  /** By how much the name is later than the start: another attempt of the same moment has the earlier one. */
  laterMs: number;
  readonly kind: 'deploy' | 'rollback' | 'dryrun';
  readonly startedAt: Date;
  readonly targetPath: string;
  /** Where it is known before the release can be opened. */
  readonly version: string | null;
  /** The bundle was packed for this attempt, so that retention may remove it one day. */
  readonly isBundlePacked?: boolean;
  facts: ReleaseFacts | null;
  bundlePath: string | null;
  releasePath: string | null;
  checksumVerified: boolean;
  loadTest: LoadTestReport;
  adopted: AdoptedReport | null;
  service: ServiceReport | null;
  /** By which policy it was taken, and who vouches for it; null without a policy. */
  trust: JsonObject | null;
  /** What went, or would go, after it; null where nothing was looked at. */
  retention: RetentionReport | null;
  readonly warnings: Warning[];
}

export interface AttemptEnd {
  readonly state: EndState | 'dry-run';
  readonly failure: unknown;
  /** What else went wrong, such as the way back. */
  readonly alsoFailed?: readonly unknown[];
  readonly alreadyLive: boolean;
  readonly previousReleaseId: string | null;
  readonly extra?: JsonObject;
}

export function startAttempt(
  start: Pick<Attempt, 'kind' | 'startedAt' | 'targetPath' | 'bundlePath' | 'version' | 'isBundlePacked'>,
): Attempt {
  return {
    ...start,
    id: toId({ ...start, laterMs: 0 }, start.version ?? 'unknown'),
    laterMs: 0,
    facts: null,
    releasePath: null,
    checksumVerified: false,
    loadTest: withoutInference('skipped', null, 'not reached.'),
    adopted: null,
    service: null,
    trust: null,
    retention: null,
    warnings: [],
  };
}

/** Keeps what a transaction could not tidy up: it changes nothing about how it ended. */
export function warnOfRemains(attempt: Attempt, { state, failures, lostLines }: TransactionEnd): void {
  for (const lost of lostLines) {
    const message = `A line of the journal was lost: ${messageOf(lost)}`;
    attempt.warnings.push({ code: 'DEPLOY_JOURNAL_LINE_LOST', message });
  }
  if (state === 'refused') attempt.warnings.push(...failures.slice(1).map(remainsWarning));
}

export function remainsWarning(error: unknown): Warning {
  return {
    code: 'DEPLOY_REMAINS_LEFT',
    message: `A folder of this attempt could not be removed: ${messageOf(error)}`,
  };
}

/** Gives the attempt a name that nothing else has: the clocks of small machines repeat themselves. */
export async function nameAttempt(
  attempt: Attempt,
  version: string,
  isTaken: (id: string) => Promise<boolean>,
): Promise<void> {
  const { id: before } = attempt;
  attempt.id = toId(attempt, version);
  while (await isTaken(attempt.id)) {
    attempt.laterMs += 1;
    attempt.id = toId(attempt, version);
  }
  // Without a bundle, the release itself is what the nine fields can name.
  if (attempt.facts?.bundleId === before) attempt.facts = { ...attempt.facts, bundleId: attempt.id };
}

/**
 * Writes the record and the details, then gives the outcome or throws the failure with the state that the target is in.
 * Failing to write them is a warning, since the journal has it all.
 */
export async function concludeAttempt(
  attempt: Attempt,
  end: AttemptEnd,
  { layout, state }: DeployContext,
): Promise<DeploymentOutcome> {
  const failure = end.failure === null ? null : toThrown(end, layout);
  const version = attempt.facts?.version ?? attempt.version ?? 'unknown';
  await nameAttempt(attempt, version, (id) => hasRecord(state.historyDir, id));
  try {
    await saveRecord(state.historyDir, toRecord(attempt, end, failure), toDetails(attempt, end, failure));
  } catch (error) {
    attempt.warnings.push({
      code: 'DEPLOY_RECORD_NOT_WRITTEN',
      message: `The record in ${state.historyDir} could not be written: ${messageOf(error)}`,
    });
  }
  if (failure !== null) throw failure;
  return {
    record: toRecord(attempt, end, failure),
    state: end.state,
    bundlePath: attempt.bundlePath,
    releasePath: attempt.releasePath,
    // What was adopted has no digest.
    artifactSha256: attempt.facts?.artifactSha256 || null,
    evidence: attempt.facts?.evidence ?? null,
    registeredAt: attempt.facts?.registeredAt ?? null,
    loadTest: attempt.loadTest,
    dryRun: attempt.kind === 'dryrun',
    alreadyLive: end.alreadyLive,
    previousReleaseId: end.previousReleaseId,
    adopted: attempt.adopted,
    restarted: attempt.service?.restarted ?? false,
    service: attempt.service,
    trust: attempt.trust,
    retention: attempt.retention,
    warnings: unique(attempt.warnings),
  };
}

/** An artifact that is opened, staged and loaded is warned of three times. */
function unique(warnings: readonly Warning[]): readonly Warning[] {
  return [...new Map(warnings.map((warning) => [`${warning.code} ${warning.message}`, warning])).values()];
}

/** A version that breaks the rule is no part of a file name. */
function toId(
  { kind, startedAt, laterMs }: Pick<Attempt, 'kind' | 'startedAt' | 'laterMs'>,
  version: string,
): string {
  const at = new Date(startedAt.getTime() + laterMs);
  return toDeploymentId(kind, isVersion(version) ? version : 'unknown', at);
}

/** The failure as the operator sees it: what happened, and what became of the target. */
function toThrown({ state, failure, alsoFailed = [] }: AttemptEnd, layout: TargetLayout): unknown {
  const details = { target_path: layout.targetPath };
  switch (state) {
    case 'rolled-back':
      return aboutTarget(
        new DeployFailure(
          'DEPLOY_ROLLED_BACK',
          `Going live failed, so it was undone: ${messageOf(failure)}`,
          { cause: failure, details },
        ),
        layout,
        'rolled-back',
      );
    case 'stuck':
      return aboutTarget(
        new DeployFailure(
          'DEPLOY_STUCK',
          `Going live failed, and so did going back: ${[failure, ...alsoFailed].map(messageOf).join(' Then: ')}`,
          { cause: failure, details },
        ),
        layout,
        'partial',
      );
    default:
      return aboutTarget(failure, layout, isServerDown(failure) ? 'partial' : 'unchanged');
  }
}

function isServerDown(failure: unknown): boolean {
  return failure instanceof DeployFailure && failure.code === 'DEPLOY_SERVER_DOWN';
}

const STATUS: Readonly<Record<EndState | 'dry-run', DeploymentRecord['status']>> = {
  live: 'success',
  'dry-run': 'success',
  refused: 'failed',
  failed: 'failed',
  stuck: 'failed',
  'rolled-back': 'rolled_back',
};

function toRecord(attempt: Attempt, end: AttemptEnd, failure: unknown): DeploymentRecord {
  const { facts } = attempt;
  return {
    deployment_id: attempt.id,
    timestamp: toTimestamp(attempt.startedAt),
    bundle_id: facts?.bundleId ?? 'unknown',
    model_version: facts?.version ?? attempt.version ?? 'unknown',
    target_path: attempt.targetPath,
    status: STATUS[end.state],
    checksum_verified: attempt.checksumVerified,
    load_test_passed: attempt.loadTest.passed,
    error_message: failure === null ? null : describe(failure),
  };
}

function toDetails(attempt: Attempt, end: AttemptEnd, failure: unknown): JsonObject {
  const exitCode: ExitCode | 0 = failure === null ? 0 : failure instanceof Failure ? failure.exitCode : 70;
  return {
    deployment_id: attempt.id,
    state: end.state,
    dry_run: attempt.kind === 'dryrun',
    already_live: end.alreadyLive,
    bundle_path: attempt.bundlePath,
    release_path: attempt.releasePath,
    previous_release_id: end.previousReleaseId,
    artifact_type: attempt.facts?.artifactType ?? null,
    artifact_sha256: attempt.facts?.artifactSha256 || null,
    evidence: attempt.facts?.evidence ?? null,
    benchmark_summary: attempt.facts?.summary ?? null,
    load_test: attempt.loadTest,
    adopted: attempt.adopted,
    service: attempt.service,
    trust: attempt.trust,
    retention: attempt.retention === null ? null : toRetentionJson(attempt.retention),
    warnings: unique(attempt.warnings).map(({ code, message }) => ({ code, message })),
    exit_code: exitCode,
    error: failure instanceof Failure ? { ...failure.toReport() } : null,
    ...end.extra,
  };
}

function describe(failure: unknown): string {
  return failure instanceof Failure ? `${failure.code}: ${failure.message}` : messageOf(failure);
}
