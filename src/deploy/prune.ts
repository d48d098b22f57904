/**
 * Retention carried out: bundles first, since they free room without a line in a journal, then releases, each in a step of its
 * own. What cannot be removed is told and stays; nothing here changes what is live.
 */
import { rm } from 'node:fs/promises';
import { messageOf, throwIfAborted, type Warning } from '../core/index.ts';
import { syncDirectory } from '../system/index.ts';
import { liveOf } from './choose-release.ts';
import type { DeployContext } from './context.ts';
import { DeployFailure } from './error.ts';
import { removeFolder } from './release-folder.ts';
import { removeRelease, toPruneId } from './remove-release.ts';
import type { RetentionPolicy } from './retention.ts';
import { planRetention, type PlannedRelease, type RetentionPlan } from './retention-plan.ts';
import { retentionWarnings, type RetentionProblem, type RetentionReport } from './retention-report.ts';
import { settledWarning, withSettledTarget } from './settle.ts';
import { surveyTarget } from './survey-target.ts';
import type { TargetFacts } from './target-facts.ts';
import { assertUsableTarget } from './usable-target.ts';

export interface PruneOptions {
  readonly policy: RetentionPolicy;
  readonly dryRun: boolean;
  readonly allowNetworkFs: boolean;
}

export interface PruneOutcome {
  readonly targetPath: string;
  readonly report: RetentionReport;
  readonly warnings: readonly Warning[];
}

/**
 * Settles what a crash left, then removes. What could not be removed is in the report. A dry run writes nothing at all, not
 * even a lock. Throws `TARGET_*`, `DEPLOY_STUCK`, `DEPLOY_JOURNAL_DAMAGED`, `CORE_INTERRUPTED`, `SYSTEM_*`.
 */
export async function pruneTarget(
  { policy, dryRun, allowNetworkFs }: PruneOptions,
  context: DeployContext,
): Promise<PruneOutcome> {
  const { layout } = context;
  const facts = await surveyTarget(layout);
  assertUsableTarget(facts, { allowNetworkFs });
  assertKnown(facts);
  if (dryRun) {
    const report = { ...(await planFor(policy, facts, context)), isDryRun: true, problems: [] };
    return { targetPath: layout.targetPath, report, warnings: retentionWarnings(report) };
  }
  return withSettledTarget(context, { command: 'prune', allowNetworkFs }, async (settled) => {
    if (settled?.state === 'stuck') {
      const message = `${settled.transaction} had ended while it was ${settled.crashedIn}, and going back failed.`;
      throw new DeployFailure('DEPLOY_STUCK', message, { aftermath: 'partial' });
    }
    const report = await retain(policy, context);
    const warnings = [
      ...(settled === null ? [] : [settledWarning(settled)]),
      ...retentionWarnings({ ...report, problems: [] }),
    ];
    return { targetPath: layout.targetPath, report, warnings };
  });
}

/** The caller holds the lock of a settled target. Throws `CORE_INTERRUPTED` between two removals, `SYSTEM_*`. */
export async function retain(policy: RetentionPolicy, context: DeployContext): Promise<RetentionReport> {
  const facts = await surveyTarget(context.layout);
  const plan = await planFor(policy, facts, context);
  const problems = [
    ...(await removeBundles(plan, context)),
    ...(await removeRemains(plan, context)),
    ...(await removeReleases(plan, facts, context)),
  ];
  return { ...plan, isDryRun: false, problems };
}

/** What a deployment that is only tried would remove at its end. */
export async function previewRetention(
  policy: RetentionPolicy,
  /** `willPack`: it would pack a bundle of its own. */
  { willPack }: { readonly willPack: boolean },
  context: DeployContext,
): Promise<RetentionReport> {
  const facts = await surveyTarget(context.layout);
  const { layout, state } = context;
  const { view, fileSystem } = facts;
  const scene = { layout, state, view, liveId: null, willPack, fileSystemType: fileSystem.type };
  return { ...(await planRetention(policy, scene)), isDryRun: true, problems: [] };
}

function planFor(
  policy: RetentionPolicy,
  facts: TargetFacts,
  { layout, state }: DeployContext,
): Promise<RetentionPlan> {
  const { view, fileSystem } = facts;
  const scene = { layout, state, view, liveId: liveOf(facts), fileSystemType: fileSystem.type };
  return planRetention(policy, scene);
}

function assertKnown({ view, targetPath }: TargetFacts): void {
  if (view.lastSeq > 0) return;
  throw new DeployFailure('TARGET_UNKNOWN', `Nothing was ever deployed to ${targetPath}.`, {
    details: { target_path: targetPath },
  });
}

async function removeBundles(
  { bundles }: RetentionPlan,
  { state, signal }: DeployContext,
): Promise<readonly RetentionProblem[]> {
  const going = bundles.filter(({ decision }) => decision.action === 'remove');
  const problems: RetentionProblem[] = [];
  for (const { path } of going) {
    throwIfAborted(signal);
    await rm(path, { force: true }).catch((error: unknown) => {
      problems.push({ path, message: messageOf(error) });
    });
  }
  if (going.length > 0) await syncDirectory(state.bundlesDir);
  return problems;
}

async function removeRemains(
  { remains }: RetentionPlan,
  { signal }: DeployContext,
): Promise<readonly RetentionProblem[]> {
  const problems: RetentionProblem[] = [];
  for (const { path } of remains) {
    throwIfAborted(signal);
    await removeFolder(path).catch((error: unknown) => {
      problems.push({ path, message: messageOf(error) });
    });
  }
  return problems;
}

async function removeReleases(
  { releases }: RetentionPlan,
  facts: TargetFacts,
  context: DeployContext,
): Promise<readonly RetentionProblem[]> {
  const transaction = toPruneId(context.clock.now());
  const problems: RetentionProblem[] = [];
  let { lastSeq } = facts.view;
  // Oldest first: whatever stops it, what is left is the newest.
  for (const { release, path, decision } of oldestFirst(releases)) {
    throwIfAborted(context.signal);
    const options = { transaction, liveId: liveOf(facts), why: decision.because, lastSeq };
    const removal = await removeRelease(release, options, context);
    lastSeq = removal.lastSeq;
    if (removal.problem !== null) problems.push({ path, message: removal.problem });
  }
  return problems;
}

function oldestFirst(releases: readonly PlannedRelease[]): readonly PlannedRelease[] {
  return releases.filter(({ decision }) => decision.action === 'remove').toReversed();
}
