/** What retention did, or would do, for people and as JSON. */
import type { JsonObject, Warning } from '../core/index.ts';
import { DeployFailure } from './error.ts';
import type { PlannedBundle, PlannedFolder, PlannedRelease, RetentionPlan } from './retention-plan.ts';

export interface RetentionReport extends RetentionPlan {
  /** Nothing was removed: it is what would be. */
  readonly isDryRun: boolean;
  /** What was to go and is there still, wholly or in part. */
  readonly problems: readonly RetentionProblem[];
}

export interface RetentionProblem {
  readonly path: string;
  readonly message: string;
}

/** What came free, or would: without what could not be removed. In bytes on the disk. */
export function freedBytesOf({ releases, bundles, remains, problems }: RetentionReport): number {
  const failed = new Set(problems.map(({ path }) => path));
  const gone = [...releases, ...bundles, ...remains].filter(({ path }) => !failed.has(path));
  return gone.reduce((sum, { freesBytes }) => sum + (freesBytes ?? 0), 0);
}

/** Snake_case, as `--json` and the details of a deployment give it. */
export function toRetentionJson(report: RetentionReport): JsonObject {
  const { policy, isDryRun, releases, bundles, remains, isExact, unseenProcesses, problems } = report;
  return {
    dry_run: isDryRun,
    keep: policy.keep,
    keep_bundles: policy.keepBundles,
    releases: releases.map(releaseJson),
    bundles: bundles.map(bundleJson),
    remains: remains.map(({ path, freesBytes }) => ({ path, frees_bytes: freesBytes })),
    freed_bytes: freedBytesOf(report),
    freed_bytes_exact: isExact,
    unseen_processes: unseenProcesses,
    problems: problems.map(({ path, message }) => ({ path, message })),
  };
}

/** What a person must know of it, whoever asked for it. */
export function retentionWarnings({ unreadTargets, policy, problems }: RetentionReport): readonly Warning[] {
  const warnings: Warning[] = [];
  if (problems.length > 0) {
    warnings.push({
      code: 'RETENTION_INCOMPLETE',
      message: `Could not be removed: ${describeProblems(problems)}`,
    });
  }
  if (unreadTargets.length > 0 && policy.keepBundles !== 'all') {
    const message = `No bundle is removed while a target cannot be read, since it may be live there: ${unreadTargets.join(' · ')}`;
    warnings.push({ code: 'RETENTION_TARGET_UNREAD', message });
  }
  return warnings;
}

/** Whoever asked for nothing else must hear that it was not done; null where it was. */
export function pruneFailure({ problems }: RetentionReport): DeployFailure | null {
  if (problems.length === 0) return null;
  const message = `Not everything could be removed: ${describeProblems(problems)}`;
  return new DeployFailure('DEPLOY_PRUNE_INCOMPLETE', message, {
    details: { paths: problems.map(({ path }) => path) },
  });
}

function describeProblems(problems: readonly RetentionProblem[]): string {
  return problems.map(({ path, message }) => `${path} (${message})`).join(' · ');
}

function releaseJson({ release, path, ...fate }: PlannedRelease): JsonObject {
  return {
    release_id: release.id,
    model_version: release.version,
    bundle_id: release.bundleId,
    artifact_sha256: release.artifactSha256,
    verdict: release.verdict,
    live_since: release.liveSince,
    release_path: path,
    ...fateJson(fate),
  };
}

function bundleJson({ bundle, path, ...fate }: PlannedBundle): JsonObject {
  return { bundle_path: path, bundle_id: bundle.bundleId, model_version: bundle.version, ...fateJson(fate) };
}

function fateJson({
  decision,
  usedBy,
  freesBytes,
}: Pick<PlannedRelease, 'decision' | 'usedBy'> & Pick<PlannedFolder, 'freesBytes'>): JsonObject {
  return { action: decision.action, reason: decision.because, used_by: usedBy, frees_bytes: freesBytes };
}
