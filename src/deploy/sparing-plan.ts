/**
 * Plans a release, and where the disk is short of room asks first which of its bytes need not be written at all: those that a
 * release on the target holds already, or that the file system can share with the artifact.
 */
import { DeployFailure } from './error.ts';
import { planDeployment, type DeploymentPlan, type PlanOptions, type ReleaseNeeds } from './plan.ts';
import type { TargetFacts } from './target-facts.ts';

/** Throws what {@link planDeployment} does. `spare` gives what is needed at the least, and is only asked where it matters. */
export async function planSparingly(
  facts: TargetFacts,
  needs: ReleaseNeeds,
  options: PlanOptions,
  spare: () => Promise<ReleaseNeeds>,
): Promise<DeploymentPlan> {
  try {
    return planDeployment(facts, needs, options);
  } catch (error) {
    if (!(error instanceof DeployFailure) || error.code !== 'TARGET_DISK_SHORT') throw error;
    return planDeployment(facts, await spare(), options);
  }
}
