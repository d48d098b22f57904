/** The plan that counts, made while nobody else can change the target: what its bytes on disk say joins what is planned. */
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { findDonor, mayHaveDonor, type Donor } from './donor.ts';
import { releasePath } from './layout.ts';
import { planDeployment, withoutWeights, withOptions, type DeploymentPlan } from './plan.ts';
import type { TargetFacts } from './target-facts.ts';
import type { OpenRelease } from './release-source.ts';
import { surveyTarget } from './survey-target.ts';
import { findDamage, type ReleaseDamage } from './verify-release.ts';

export type FinalPlan =
  /** The same bytes are live, and every digest matched. */
  | { readonly kind: 'already-live'; readonly releaseId: string }
  | {
      readonly kind: 'deploy';
      readonly facts: TargetFacts;
      readonly plan: DeploymentPlan;
      /** A release whose weights can be linked. */
      readonly donor: Donor | null;
      /** The live release where it holds the same bytes no more: deploying them again is the repair. */
      readonly damaged: DamagedRelease | null;
    };

export interface DamagedRelease {
  readonly releaseId: string;
  readonly damage: readonly ReleaseDamage[];
}

/** The refusals that need nothing to be hashed. Throws what {@link planDeployment} does. */
export async function assertPlannable(
  release: OpenRelease,
  options: DeployOptions,
  { layout }: DeployContext,
): Promise<void> {
  const facts = await surveyTarget(layout);
  const needs = withOptions(release.needs, options);
  // Weights that the target has already may take no room; that is only known once they were hashed again.
  planDeployment(facts, mayHaveDonor(facts, needs.artifactSha256) ? withoutWeights(needs) : needs, options);
}

/** The caller holds the lock. Throws what {@link planDeployment} does, `CORE_INTERRUPTED`, `SYSTEM_*`. */
export async function planFinally(
  release: OpenRelease,
  options: DeployOptions,
  context: DeployContext,
): Promise<FinalPlan> {
  const { layout, signal, onProgress } = context;
  const facts = await surveyTarget(layout);
  const needs = withOptions(release.needs, options);
  const { artifactSha256 } = needs;
  const { from, isLiveAlready } = planDeployment(facts, withoutWeights(needs), options);
  let damaged: DamagedRelease | null = null;
  if (isLiveAlready && from !== null) {
    const damage = await findDamage(releasePath(layout, from), {
      artifactSha256,
      version: needs.version,
      signal,
      onProgress,
    });
    if (damage.length === 0) return { kind: 'already-live', releaseId: from };
    damaged = { releaseId: from, damage };
  }
  const search = { permissions: options.permissions, except: damaged?.releaseId ?? null };
  const donor = await findDonor(facts, artifactSha256, search, context);
  const plan = planDeployment(facts, donor === null ? needs : withoutWeights(needs), {
    ...options,
    isRepair: damaged !== null,
  });
  return { kind: 'deploy', facts, plan, donor, damaged };
}
