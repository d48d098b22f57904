/**
 * Restores what is live on a target where it is no longer what was deployed. A release is never changed in place: the same
 * bytes, from wherever they are still sound, go through a deployment like any other, and the damaged one is bad from then on.
 */
import { stat } from 'node:fs/promises';
import process from 'node:process';
import type { Warning } from '../core/index.ts';
import { findRelease } from './choose-release.ts';
import type { ReleaseDamage } from './compare-release.ts';
import type { DeployContext } from './context.ts';
import { bindPolicy } from './target-policy.ts';
import { DEFAULT_DEPLOY_OPTIONS, type DeployOptions } from './deploy-options.ts';
import { deployRelease } from './deploy-release.ts';
import { DeployFailure } from './error.ts';
import { NO_GATES } from './gates.ts';
import type { DamagedRelease } from './journal-facts.ts';
import { readJournal } from './journal.ts';
import { EMBEDDED_TESTER } from './load-tester.ts';
import { markBad } from './mark-bad.ts';
import type { Permissions } from './release-folder.ts';
import { findRepairSource, toOrigin, type FoundSource } from './repair-source.ts';
import { NO_SERVICE, type ServiceSettings } from './service-settings.ts';
import { settledWarning, withSettledTarget } from './settle.ts';
import { surveyTarget } from './survey-target.ts';
import { viewJournal, type KnownRelease, type TargetView } from './target-view.ts';
import type { DeploymentOutcome } from './types.ts';
import { assertUsableTarget } from './usable-target.ts';
import {
  linkFailure,
  verifyTarget,
  type VerifiedRelease,
  type VerifiedTarget,
  type WhichReleases,
} from './verify-target.ts';

export interface RepairOptions {
  readonly which: WhichReleases;
  /** The bundle to take the bytes from; null to search. */
  readonly fromBundle: string | null;
  readonly dryRun: boolean;
  readonly skipLoadTest: boolean;
  readonly loadTestTokens: number;
  readonly allowNetworkFs: boolean;
  /** How the server is restarted and probed; null for the way in which it was the last time. */
  readonly service: ServiceSettings | null;
  /** Hears what will be done, before anything is. */
  readonly onPlan?: ((plan: RepairPlan) => void) | undefined;
}

export interface RepairPlan {
  readonly verified: VerifiedTarget;
  /** Null where what is live is sound, or was not asked about. */
  readonly live: LiveRepair | null;
  /** Previous releases that will be known as bad. */
  readonly bad: readonly DamagedRelease[];
  /** A run without an end that will be settled first, and may change what is live; null where there is none. */
  readonly unfinished: string | null;
}

export interface LiveRepair extends FoundSource {
  readonly known: KnownRelease;
  readonly damage: readonly ReleaseDamage[];
  readonly options: DeployOptions;
}

export interface Repaired {
  readonly plan: RepairPlan;
  readonly dryRun: boolean;
  /** Null where nothing was deployed. */
  readonly outcome: DeploymentOutcome | null;
  readonly warnings: readonly Warning[];
}

/**
 * Throws `TARGET_*`, `TRUST_*`, `DEPLOY_LINK_GONE`, `DEPLOY_RELEASE_UNKNOWN`, `DEPLOY_NO_SOURCE`, and what a deployment throws: the
 * link is on the damaged release then, or on the new one.
 */
export async function repairTarget(options: RepairOptions, context: DeployContext): Promise<Repaired> {
  const { layout } = context;
  const warnings: Warning[] = [];
  const before = await surveyTarget(layout);
  assertUsableTarget(before, options);
  assertKnown(before.view, context);
  // Said before anything is hashed; the deployment judges the bytes.
  await bindPolicy(context, before.view);
  if (before.view.unfinished !== null && !options.dryRun) {
    const how = { command: 'repair', allowNetworkFs: options.allowNetworkFs };
    const settled = await withSettledTarget(context, how, (found) => Promise.resolve(found));
    if (settled !== null) warnings.push(settledWarning(settled));
  }
  const plan = await planRepair(options, context);
  options.onPlan?.(plan);
  const result = { plan, dryRun: options.dryRun };
  if (options.dryRun) return { ...result, outcome: null, warnings };
  if (plan.bad.length > 0) await markBad(plan.bad, context);
  if (plan.live === null) return { ...result, outcome: null, warnings };
  const origin = toOrigin(plan.live.source, context);
  const outcome = await deployRelease(origin, plan.live.options, context);
  // What the plan has said at length.
  const others = outcome.warnings.filter(({ code }) => code !== 'DEPLOY_LIVE_DAMAGED');
  return { ...result, outcome, warnings: [...warnings, ...others] };
}

async function planRepair(options: RepairOptions, context: DeployContext): Promise<RepairPlan> {
  const { layout, signal, onProgress } = context;
  const view = viewJournal(await readJournal(layout.journalFile));
  const { which } = options;
  if (typeof which === 'object') findRelease(view, which.id);
  const verified = await verifyTarget(layout, { which, signal, onProgress });
  const failure = linkFailure(verified);
  if (failure !== null) throw failure;
  const broken = verified.releases.flatMap(toBroken);
  const live = broken.find(({ isLive }) => isLive) ?? null;
  return {
    verified,
    live: live === null ? null : await planLive(live, { view, options, context }),
    bad: broken.filter(({ isLive }) => !isLive).map(({ known, damage }) => ({ releaseId: known.id, damage })),
    unfinished: view.unfinished?.transaction ?? null,
  };
}

interface BrokenRelease {
  readonly known: KnownRelease;
  readonly isLive: boolean;
  readonly releasePath: string;
  readonly damage: readonly ReleaseDamage[];
}

/** Throws `DEPLOY_RELEASE_UNKNOWN` for a live one of which nothing is known. */
function toBroken({ id, known, isLive, releasePath, found }: VerifiedRelease): readonly BrokenRelease[] {
  if (found.kind === 'damaged' && known !== null)
    return [{ known, isLive, releasePath, damage: found.damage }];
  if (!isLive || found.kind === 'sound') return [];
  throw new DeployFailure(
    'DEPLOY_RELEASE_UNKNOWN',
    `The link leads to ${id}, and the journal does not say which bytes it should hold.`,
    { hint: 'Deploy a bundle that you trust: milton deploy --bundle FILE' },
  );
}

async function planLive(
  { known, releasePath, damage }: BrokenRelease,
  {
    view,
    options,
    context,
  }: { readonly view: TargetView; readonly options: RepairOptions; readonly context: DeployContext },
): Promise<LiveRepair> {
  const { fromBundle, skipLoadTest, loadTestTokens, allowNetworkFs } = options;
  const found = await findRepairSource(known, { damage, view, fromBundle }, context);
  return {
    ...found,
    known,
    damage,
    options: {
      ...DEFAULT_DEPLOY_OPTIONS,
      skipLoadTest,
      loadTestTokens,
      allowNetworkFs,
      // These very bytes were taken when they were deployed, whatever had to be allowed for it.
      retryBad: true,
      allowUnsafeFiles: true,
      restores: found.source.kind === 'bundle' ? known : found.source.known,
      permissions: known.permissions ?? (await readPermissions(releasePath)),
      // Held against the release that it replaces, or against its own benchmark again, the same model proves nothing.
      gates: skipLoadTest ? NO_GATES : { ...known.gates, minOfLive: null, minOfBenchmark: null },
      tester: view.tester ?? EMBEDDED_TESTER,
      service: options.service ?? view.service ?? NO_SERVICE,
      // The damaged copy stays until the next deployment, for whoever wants to know why.
      retention: { keep: 'all', keepBundles: 'all' },
    },
  };
}

/** As the folder shows them, where the journal is older than this fact; a right to write for others is never taken over. */
async function readPermissions(releasePath: string): Promise<Permissions> {
  const stats = await stat(releasePath).catch(() => null);
  if (stats === null) return DEFAULT_DEPLOY_OPTIONS.permissions;
  const groupId = stats.gid === process.getegid?.() ? null : stats.gid;
  return { fileMode: (stats.mode & 0o044) | 0o600, groupId };
}

function assertKnown(view: TargetView, { layout: { targetPath } }: DeployContext): void {
  if (view.lastSeq > 0) return;
  throw new DeployFailure('TARGET_UNKNOWN', `Nothing was ever deployed to ${targetPath}.`, {
    details: { target_path: targetPath },
  });
}
