/** The plan that counts, made while nobody else can change the target: what its bytes on disk say joins what is planned. */
import type { DeployContext } from './context.ts';
import type { DeployOptions } from './deploy-options.ts';
import { findDonor, mayHaveDonor, type Donor, type DonorSearch } from './donor.ts';
import { touchesWeights } from './compare-release.ts';
import type { DamagedRelease } from './journal-facts.ts';
import { releasePath } from './layout.ts';
import { CONTROL_BYTES } from './limits.ts';
import { chooseService } from './omissions.ts';
import {
  planDeployment,
  withoutBytes,
  withoutWeights,
  withOptions,
  type DeploymentPlan,
  type PlanOptions,
  type ReleaseNeeds,
} from './plan.ts';
import { planSparingly } from './sparing-plan.ts';
import type { TargetFacts } from './target-facts.ts';
import type { OpenRelease } from './release-source.ts';
import { surveyAhead, surveyTarget } from './survey-target.ts';
import { findDamage } from './verify-release.ts';

/** With what the policy found out about the release. */
export type PlannedOptions = DeployOptions & Pick<PlanOptions, 'vouchedSubject'>;

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

/**
 * The plan as far as nothing need be hashed for it; whatever it is made from is only looked at. Throws what
 * {@link planDeployment} does, `DEPLOY_NO_SERVICE_KNOWN`.
 */
export async function planAhead(
  release: OpenRelease,
  options: PlannedOptions,
  { layout, signal }: DeployContext,
): Promise<DeploymentPlan> {
  const facts = await surveyAhead(layout);
  chooseService(options, facts.view);
  const needs = withOptions(release.needs, options);
  // Weights that the target has already may take no room; that is only known once they were hashed again.
  const least = mayHaveDonor(facts, needs.artifactSha256) ? withoutWeights(needs) : needs;
  return planSparingly(facts, least, options, () => withoutShared(least, release, { layout, signal }));
}

/** The caller holds the lock. Throws what {@link planDeployment} does, `CORE_INTERRUPTED`, `SYSTEM_*`. */
export async function planFinally(
  release: OpenRelease,
  options: PlannedOptions,
  context: DeployContext,
): Promise<FinalPlan> {
  const { layout, signal, onProgress } = context;
  const facts = await surveyTarget(layout);
  const needs = withOptions(release.needs, options);
  const { artifactSha256 } = needs;
  const late = { ...options, spentBytes: CONTROL_BYTES };
  const { from, isLiveAlready } = planDeployment(facts, withoutWeights(needs), late);
  let damaged: DamagedRelease | null = null;
  if (isLiveAlready && from !== null) {
    const deployed = facts.view.releases.find(({ id }) => id === from) ?? needs;
    const damage = await findDamage(releasePath(layout, from), { ...deployed, signal, onProgress });
    if (damage.length === 0) return { kind: 'already-live', releaseId: from };
    damaged = { releaseId: from, damage };
  }
  const search = { permissions: options.permissions, ...toSearch(damaged) };
  const donor = await findDonor(facts, artifactSha256, search, context);
  const least = donor === null ? needs : withoutWeights(needs);
  const how = { ...late, isRepair: damaged !== null };
  const plan = await planSparingly(facts, least, how, () =>
    withoutShared(least, release, { layout, signal }),
  );
  return { kind: 'deploy', facts, plan, donor, damaged };
}

/** The weights of a damaged release are as good as any where the damage is elsewhere: they were hashed just now. */
function toSearch(damaged: DamagedRelease | null): Pick<DonorSearch, 'except' | 'hashed'> {
  if (damaged === null) return { except: null, hashed: null };
  const { releaseId, damage } = damaged;
  return damage.some(touchesWeights)
    ? { except: releaseId, hashed: null }
    : { except: null, hashed: releaseId };
}

async function withoutShared(
  needs: ReleaseNeeds,
  release: OpenRelease,
  { layout, signal }: Pick<DeployContext, 'layout' | 'signal'>,
): Promise<ReleaseNeeds> {
  if (needs.totalSizeBytes === 0) return needs;
  return withoutBytes(needs, await release.findSharedBytes(layout.releasesDir, { signal }));
}
